"""The concepts that photos show, and their words: own word, synonyms and local-language words.

How a concept is drawn lives in `scenes`; which place has which is in `places`.
"""

from dataclasses import dataclass
from typing import Literal

Group = Literal["water", "built", "nature", "life"]

# Traits of a place that a concept may ask for (`places.City.traits`).
COAST, COLD, SKI, DESERT, VOLCANO, MOUNTAIN, TROPICAL = "cskdvmt"


@dataclass(frozen=True)
class Concept:
    """Something that a photo can show.

    Attributes:
        word: Its own word, which also names its drawing.
        synonyms: Other words for it.
        group: Which of a city's local words can go with it.
        needs: Traits of which a place must have one; empty: anywhere.
        weight: How often it is photographed, relative to the others.
        local: Words by language code.
    """

    word: str
    synonyms: tuple[str, ...]
    group: Group
    needs: str
    weight: float
    local: dict[str, str]


def _read(table: str) -> tuple[Concept, ...]:
    """One concept a line: word; synonyms; group; needs; weight; language=word pairs."""
    concepts = []
    groups: dict[str, Group] = {"w": "water", "b": "built", "n": "nature", "l": "life"}
    for line in table.strip().splitlines():
        word, synonyms, group, needs, weight, local = (part.strip() for part in line.split(";"))
        words = dict(pair.split("=") for pair in local.split())
        concepts.append(Concept(word, tuple(synonyms.split()), groups[group], needs, float(weight), words))
    return tuple(concepts)


CONCEPTS: tuple[Concept, ...] = _read("""
bridge; river crossing; w; ; 6; es=puente fr=pont de=brücke it=ponte pt=ponte ja=橋 ru=мост zh=桥
temple; shrine worship; b; ; 6; es=templo fr=sanctuaire de=tempel ja=寺 zh=寺庙 it=tempio ar=معبد
beach; sand seaside; w; c; 6; es=playa fr=plage de=strand it=spiaggia pt=praia ja=海 ar=شاطئ
mountain; peak hiking; n; mkv; 6; es=montaña fr=montagne de=berge it=montagna ja=山 zh=山
tower; landmark; b; ; 5; es=torre fr=tour de=turm it=torre pt=torre ja=塔
lighthouse; lantern; w; c; 4; es=faro fr=phare de=leuchtturm pt=farol
market; bazaar stalls; b; ; 5; es=mercado fr=marché de=markt it=mercato pt=mercado ar=سوق ja=市場
boat; ferry ship; w; ; 5; es=barco fr=bateau de=schiff it=barca pt=barco ja=船
castle; fortress palace; b; ; 5; es=castillo fr=château de=schloss it=castello ja=城 ru=замок
car; auto vintagecar; l; ; 6; es=coche fr=voiture de=wagen it=macchina pt=carro ru=машина
snow; winter cold; n; sk; 6; es=nieve fr=neige de=schnee it=neve ja=雪 ru=зима
ski; skiing slopes; n; k; 5; es=esquí fr=skier de=skifahren it=sciare ja=スキー
desert; dunes camel; n; d; 5; es=desierto fr=désert ar=صحراء
forest; woods trees; n; ; 5; es=bosque fr=forêt de=wald ja=森 ru=лес
sailing; sailboat regatta; w; c; 5; es=vela fr=voile de=segeln pt=veleiro
road; highway street; l; ; 5; es=carretera fr=route de=strasse it=strada ru=дорога pt=estrada
church; cathedral steeple; b; ; 5; es=iglesia fr=église de=kirche it=chiesa pt=igreja ru=храм
skyline; skyscraper cityscape; b; ; 5; es=rascacielos ja=都会 zh=城市
statue; sculpture monument; b; ; 5; es=estatua fr=sculpteur it=statua de=denkmal
windmill; mill; b; cs; 3; es=molino de=windmühle fr=moulin
ruins; archaeology ancient; b; dct; 4; es=ruinas it=rovine ar=آثار
house; cottage home; l; ; 5; es=casa fr=maison de=haus it=casa pt=casa ja=家
arch; gate archway; b; ; 4; es=arco fr=arc de=tor it=arco ja=門
graffiti; streetart mural; l; ; 5; pt=arte
train; railway locomotive; l; ; 5; es=tren fr=gare de=bahn it=treno ja=電車 ru=поезд zh=火车
tram; streetcar; l; ; 3; pt=eléctrico de=strassenbahn it=tramway
bus; doubledecker; l; ; 4; es=autobús pt=ônibus ja=バス
bicycle; cycling bike; l; ; 5; es=bicicleta fr=vélo de=fahrrad ja=自転車 zh=自行车
airplane; aviation airport; l; ; 4; es=avión de=flugzeug fr=avions
balloon; hotairballoon; n; dm; 3; es=globo fr=montgolfière
lake; reflection pier; w; ; 5; es=lago fr=lac de=see it=lago ja=湖
waterfall; cascade; n; mtv; 4; es=cascada ja=滝 fr=chute
fountain; plaza; w; ; 3; es=fuente it=fontana de=brunnen
sunset; dusk goldenhour; n; ; 6; es=atardecer fr=coucher de=abendrot it=tramonto ja=夕日 ru=закат
volcano; crater lava; n; v; 5; es=volcán ja=火山 it=vulcano
flower; garden bloom; n; ; 5; es=flores fr=fleur de=blumen it=fiore ja=桜 pt=flor zh=花
camping; tent outdoors; n; mkd; 4; es=acampar fr=bivouac de=zelten
bird; seagull wildlife; n; ; 5; es=pájaro fr=oiseau de=vogel pt=pássaro ja=鳥
cat; kitten pet; l; ; 5; es=gato fr=chat de=katze it=gatto ja=猫 ru=кошка
horse; riding pony; l; ; 4; es=caballo fr=cheval de=pferd
elephant; safari; n; t; 4; es=elefante
food; dinner restaurant; l; ; 5; es=comida fr=cuisine de=essen it=cibo ja=料理 pt=comida zh=美食
coffee; cafe espresso; l; ; 5; es=café fr=bistrot de=kaffee it=caffè pt=cafezinho
beer; pub brewery; l; ; 4; de=bier es=cerveza pt=cerveja fr=bière
concert; band stage; l; ; 5; es=concierto fr=spectacle de=konzert ja=音楽
football; soccer stadium; l; ; 5; es=fútbol pt=futebol de=fussball it=calcio
fireworks; newyear celebration; l; ; 4; es=fuegos fr=feu ja=花火
""")

BY_WORD: dict[str, Concept] = {concept.word: concept for concept in CONCEPTS}

#: So frequent and so empty that the vocabulary's rule of skipping the ten most frequent is there for them.
EMPTY_WORDS: dict[str, float] = {
    "travel": 0.26,
    "photo": 0.22,
    "canon": 0.20,
    "trip": 0.18,
    "vacation": 0.16,
    "nikon": 0.15,
    "photography": 0.14,
    "digital": 0.13,
    "square": 0.12,
    "instagram": 0.11,
}

#: Words that say nothing about picture or place, most frequent first.
NOISE_WORDS: tuple[str, ...] = (
    "family", "friends", "art", "music", "summer", "people", "blue", "green", "red", "girl", "love",
    "fun", "party", "night", "light", "portrait", "holiday", "color", "wedding", "birthday", "macro",
    "film", "baby", "kids", "happy", "life", "old", "spring", "autumn", "white", "black", "yellow",
    "weekend", "explore", "favorite", "sister", "brother", "mother", "father", "uncle", "walk", "sunday",
    "saturday", "rain", "clouds", "shadow", "window", "door", "abstract", "texture", "pattern", "minimal",
    "retro", "polaroid", "lens", "tripod", "selfportrait", "smile", "dance", "school", "work", "office",
    "conference", "reunion", "graduation", "anniversary", "christmas", "easter", "halloween", "dog",
    "shopping", "morning", "evening", "lunch", "breakfast", "cousin", "roommate", "hobby", "books",
    "reading", "sewing", "knitting", "painting", "craft", "design", "toys", "games", "chess", "running",
    "marathon", "yoga", "swimming", "tennis", "golf",
)  # fmt: skip
