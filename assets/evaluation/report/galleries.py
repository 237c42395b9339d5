"""The post's galleries, asked of this collection: which examples, what stands in, what the models answer.

Each gallery is a function of a `Viewing`; how it looks is in `templates/`.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from assets.evaluation.report import paper
from assets.evaluation.report.comparison import label
from assets.evaluation.report.data import Gallery, Strip, TagCase, TagGuess, TagList
from assets.evaluation.report.substitutes import UsedPlace, UsedTag
from assets.evaluation.report.viewing import Viewing
from models.geography import distance_km

_DEPTH = 10


def all_galleries(viewing: Viewing) -> tuple[Gallery, ...]:
    """The four galleries in the post's order."""
    return (
        _retrieval_gallery(
            viewing,
            "same-hashtag",
            "The same hashtag at different places",
            "One hashtag, asked near several places: what does the place change? The cities of bridge and "
            "temple are ours, the other pairs the post’s.",
            paper.PLACE_QUERIES,
        ),
        _retrieval_gallery(
            viewing,
            "incompatible",
            "Hashtags at places that have none",
            "No beach at Madrid, no skiing at Cairo: the model falls back to what looks alike, or farther. "
            "Auckland, which has beaches, is there for comparison.",
            paper.INCOMPATIBLE_QUERIES,
        ),
        tagging_gallery(viewing),
        faked_gallery(viewing),
    )


def _retrieval_gallery(
    viewing: Viewing,
    key: str,
    title: str,
    intro: str,
    asked: Sequence[tuple[str, Sequence[paper.AskedPlace]]],
) -> Gallery:
    name = label(viewing.config.retrieval_model)
    intro = f"{intro} Answers by {name}, the best {viewing.config.pictures_per_query} of all test photos."
    if viewing.retrieval is None:
        return Gallery(key, title, intro, unavailable=f"{name} was not run on these photos.")
    if len(viewing.photos) == 0:
        return Gallery(key, title, intro, unavailable="no test photo has an image.")
    strips: list[Strip] = []
    # What stands in must not be what is asked for elsewhere in the same gallery, nor stand in twice.
    taken_tags = {tag for tag, _ in asked}
    for wanted, places in asked:
        used = viewing.hashtag(wanted, taken_tags)
        if used is None:
            continue
        taken_tags.add(used.tag)
        strips += _strips(viewing, used, places)
    return Gallery(key, title, intro, strips=tuple(strips), unavailable="" if strips else "no hashtag can stand in.")


def _strips(viewing: Viewing, used: UsedTag, places: Sequence[paper.AskedPlace]) -> list[Strip]:
    assert viewing.retrieval is not None
    chosen: list[UsedPlace] = []
    for asked in places:
        place = viewing.place(asked, {one.name for one in places} | {one.name for one in chosen})
        if place is not None:
            chosen.append(place)
    if not chosen:
        return []
    ranking = viewing.retrieval.rank(
        np.full(len(chosen), used.tag_id, dtype=np.int64),
        np.array([(one.latitude, one.longitude) for one in chosen]),
        max(_DEPTH, viewing.config.pictures_per_query),
    )
    strips = []
    first = _valid(ranking.positions[0])[:_DEPTH]
    for index, place in enumerate(chosen):
        order = _valid(ranking.positions[index])
        overlap = len(set(order[:_DEPTH]) & set(first)) / max(len(first), 1) if index else None
        strips.append(
            Strip(
                tag=used.tag,
                place=place.name,
                notes=tuple(note for note in (used.note, place.note) if note),
                pictures=viewing.pictures(order[: viewing.config.pictures_per_query], place, used.tag_id),
                overlap=overlap,
            )
        )
    return strips


def _valid(positions: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[int]:
    return [int(one) for one in positions if one >= 0]


def tagging_gallery(viewing: Viewing) -> Gallery:
    """A picture with its hashtags by MCC and by LocSens, as the post's London, and a few drawn at random."""
    key, title = "tagging", "One picture, tagged by what it shows and by where it was taken"
    models = ("mcc", viewing.config.tagging_model)
    intro = (
        f"{label(models[0])} sees the picture alone, {label(models[1])} its place too. The first picture is "
        "chosen: of those with the hashtag, the one where LocSens’ list has most more right hashtags than "
        "MCC’s. The others are drawn at random, so that one sees the ordinary case as well."
    )
    missing = [label(model) for model in models if model not in viewing.rankings]
    if missing:
        return Gallery(key, title, intro, unavailable=f"{' and '.join(missing)} was not run on these photos.")
    tops = {model: _top(viewing, viewing.rankings[model]) for model in models}
    scored = _right(tops[models[1]]).join(_right(tops[models[0]]), on="photo_id", suffix="_mcc")
    scored = scored.sort("photo_id")
    if scored.height == 0:
        return Gallery(key, title, intro, unavailable="no test photo was tagged.")
    cases = []
    used = viewing.hashtag(paper.TAGGED_WITH, place=True)
    if used is not None:
        positions = viewing.photos.positions(scored["photo_id"].to_numpy())
        carrying = scored.filter(pl.Series(viewing.photos.carry(positions, used.tag_id)))
        if carrying.height:
            best = carrying.sort(pl.col("right") - pl.col("right_mcc"), "photo_id", descending=[True, False])
            notes = (used.note,) if used.note else ()
            cases.append(_case(viewing, tops, best["photo_id"][0], f"A picture tagged {used.tag}", notes))
    chosen = {case.picture.photo_id for case in cases}
    others = scored.filter(~pl.col("photo_id").is_in(chosen))
    draws = min(viewing.config.random_tagging_examples, others.height)
    rng = np.random.default_rng(viewing.config.seed)
    drawn = sorted(rng.choice(others.height, draws, replace=False)) if draws else []
    cases += [_case(viewing, tops, others["photo_id"][int(one)], "Drawn at random", ()) for one in drawn]
    return Gallery(key, title, intro, cases=tuple(cases))


def _top(viewing: Viewing, rankings: pl.DataFrame) -> pl.DataFrame:
    top = rankings.filter(pl.col("rank") <= viewing.config.tags_per_picture)
    return top.sort("photo_id", "rank")


def _right(top: pl.DataFrame) -> pl.DataFrame:
    return top.group_by("photo_id").agg(right=pl.col("is_correct").sum().cast(pl.Int64))


def _case(
    viewing: Viewing, tops: dict[str, pl.DataFrame], photo_id: int, title: str, notes: tuple[str, ...]
) -> TagCase:
    position = int(viewing.photos.positions([photo_id])[0])
    local = viewing.local_tags(*viewing.photos.places[position])
    lists = []
    for model, top in tops.items():
        rows = top.filter(pl.col("photo_id") == photo_id).select("tag_id", "is_correct")
        guesses = tuple(TagGuess(viewing.names[tag], correct, tag in local) for tag, correct in rows.iter_rows())
        lists.append(TagList(label(model), guesses))
    return TagCase(viewing.pictures([position])[0], title, notes, tuple(lists))


def faked_gallery(viewing: Viewing) -> Gallery:
    """Pictures whose location is said to be another (paper, the post's faked locations)."""
    key, title = "faked", "The same picture, said to be somewhere else"
    name = label(viewing.config.tagging_model)
    intro = (
        f"{name} tags one picture several times; only the coordinates that it is told differ. The picture is "
        "the one for which the model ranks the hashtag highest at the true place."
    )
    rankings = viewing.rankings.get(viewing.config.tagging_model)
    if viewing.tagging is None or rankings is None:
        return Gallery(key, title, intro, unavailable=f"{name} was not run on these photos.")
    cases: list[TagCase] = []
    taken = {tag for tag, _ in paper.FAKED_LOCATIONS}
    for wanted, places in paper.FAKED_LOCATIONS:
        used = viewing.hashtag(wanted, taken)
        if used is None:
            continue
        taken.add(used.tag)
        position = _shown_best(viewing, rankings, used, {case.picture.photo_id for case in cases})
        if position is not None:
            cases.append(_faked_case(viewing, used, position, places))
    return Gallery(key, title, intro, cases=tuple(cases), unavailable="" if cases else "no test photo was tagged.")


def _shown_best(viewing: Viewing, rankings: pl.DataFrame, used: UsedTag, taken: set[int]) -> int | None:
    """Position of the photo that the model gives the hashtag the best rank; else any that carries it."""
    own = rankings.filter(pl.col("tag_id") == used.tag_id, pl.col("is_correct"), ~pl.col("photo_id").is_in(taken)).sort(
        "rank", "photo_id"
    )
    if own.height:
        return int(viewing.photos.positions([own["photo_id"][0]])[0])
    everyone = np.arange(len(viewing.photos))
    carrying = everyone[viewing.photos.carry(everyone, used.tag_id)]
    free = [int(one) for one in carrying if int(viewing.photos.photo_ids[one]) not in taken]
    return free[0] if free else None


def _faked_case(viewing: Viewing, used: UsedTag, position: int, asked: Sequence[paper.AskedPlace]) -> TagCase:
    assert viewing.tagging is not None
    own = viewing.photos.places[position]
    fakes: list[UsedPlace] = []
    home = viewing.details["city"][position]
    for one in asked:
        shown = {place.name for place in asked} | {fake.name for fake in fakes} | {home or ""}
        place = viewing.place(one, shown)
        if place is not None:
            fakes.append(place)
    places = np.array([own, *((fake.latitude, fake.longitude) for fake in fakes)], dtype=np.float64)
    scorer = viewing.tagging(viewing.photos.photo_ids[position : position + 1])
    ranking = scorer.rank(np.zeros(len(places), dtype=np.int64), places, viewing.config.tags_per_picture)
    carried = set(viewing.photos.tag_ids[viewing.photos.offsets[position] : viewing.photos.offsets[position + 1]])
    lists, notes = [], [used.note] if used.note else []
    for row, (latitude, longitude) in enumerate(places):
        local = viewing.local_tags(latitude, longitude)
        guesses = tuple(
            TagGuess(viewing.names[int(tag)], tag in carried, int(tag) in local) for tag in ranking.tag_ids[row]
        )
        if row == 0:
            lists.append(TagList("where it was taken", guesses))
            continue
        fake = fakes[row - 1]
        before = sum(int(tag) in local for tag in ranking.tag_ids[0])
        after = sum(guess.is_local for guess in guesses)
        away = distance_km(own[0], own[1], latitude, longitude)
        below = f"{away:.0f} km away; typical of it: {before} before, {after} here"
        lists.append(TagList(fake.name, guesses, below))
        if fake.note:
            notes.append(fake.note)
    title = f"A picture tagged {used.tag}"
    return TagCase(viewing.pictures([position])[0], title, tuple(notes), tuple(lists))
