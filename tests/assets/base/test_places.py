import numpy as np
import pytest

from assets.base.places import cities, nearest_city, place_names, spellings
from models.geography import distance_km


def test_nearest_city_with_country_and_continent():
    found = nearest_city([51.5007, -33.8568, 40.7484, -1.2921], [-0.1246, 151.2153, -73.9857, 36.8219])
    assert list(found.country) == ["GB", "AU", "US", "KE"]
    assert list(found.continent) == ["EU", "OC", "NA", "AF"]
    assert found.city[3] == "Nairobi"


def test_nearest_is_nearest_by_distance_also_across_the_date_line_and_at_the_poles():
    rng = np.random.default_rng(7)
    lat = np.concatenate([rng.uniform(-90, 90, 40), [90.0, -90.0, -17.0, -17.0]])
    lon = np.concatenate([rng.uniform(-180, 180, 40), [0.0, 12.0, 179.999, -179.999]])
    found = nearest_city(lat, lon)
    known = cities()
    city_lat = np.array([city.latitude for city in known])
    city_lon = np.array([city.longitude for city in known])
    best = distance_km(lat[:, None], lon[:, None], city_lat, city_lon).argmin(axis=1)
    assert [known[i].country for i in best] == list(found.country)
    # In a region without a great city nothing is a quarter of one.
    great = {(city.country, city.region) for city in known if city.population >= 500_000}
    alone = [place for place, i in enumerate(best) if (known[i].country, known[i].region) not in great]
    assert len(alone) > 20
    assert [known[best[place]].name for place in alone] == list(found.city[alone])


@pytest.mark.parametrize(
    ("latitude", "longitude", "city", "country"),
    [
        (40.9934, 28.9090, "Istanbul", "TR"),  # Zeytinburnu
        (52.5486, 13.1726, "Berlin", "DE"),  # Falkenhagener Feld
        (40.6501, -73.9496, "New York City", "US"),  # Brooklyn
        (51.5007, -0.1246, "London", "GB"),
        (48.8049, 2.1204, "Versailles", "FR"),  # 17 km from Paris, outside it
        (34.5167, 135.4333, "Osaka", "JP"),  # Takaishi: a quarter of Sakai, which is one of Osaka
        (14.5787, 120.9986, "Manila", "PH"),  # Paco: Quezon City's disc is greater, but it lies at that one's edge
        (45.4772, -75.7013, "Gatineau", "CA"),  # within Ottawa's disc, but in another province
        (33.7215, 73.0433, "Islamabad", "PK"),  # within Rawalpindi's disc, but the capital
        (35.4478, 139.6425, "Yokohama", "JP"),  # within Tokyo's disc, but great itself
        (51.4839, -0.6044, "Windsor", "GB"),  # beside Slough, which is not great
    ],
)
def test_a_quarter_goes_by_the_name_of_its_city(latitude: float, longitude: float, city: str, country: str):
    found = nearest_city([latitude], [longitude])
    assert (found.city[0], found.country[0]) == (city, country)


def test_no_points_and_bad_points():
    assert nearest_city(np.empty(0), np.empty(0)).city.shape == (0,)
    with pytest.raises(ValueError, match="1 points have no location"):
        nearest_city([1.0, np.nan], [1.0, 2.0])


def test_place_names_are_names_of_cities_countries_and_continents():
    names = place_names()
    assert {"london", "unitedstates", "europe", "northamerica", "losangeles", "sydney", "japan"} <= names
    assert {"zürich", "zurich", "sãopaulo", "saopaulo"} <= names
    assert not {"nature", "music", "beach", "art", "travel", "wedding day", ""} & names


def test_spellings():
    assert spellings("Saint-Étienne 2") == {"saint-étienne2", "saintétienne2", "saintetienne2"}
    assert spellings("Cote d'Ivoire") == {"coted'ivoire", "cotedivoire"}
    assert spellings(" - ") == {"-"}
    assert spellings("") == set()
