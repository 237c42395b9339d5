"""What the paper published: its tables' numbers, its models' names, the examples of its blog post.

Source: Gomez, Gibert, Gomez, Karatzas, "Location Sensitive Image Retrieval and Tagging", ECCV 2020, and the
author's blog post. All numbers are YFCC100M's; the report shows them beside ours as a different data set.
"""

from dataclasses import dataclass
from typing import Final

from assets.base.keys import SIGMAS
from assets.base.profiles.sections import evaluation
from assets.evaluation.retrieval_results import AGNOSTIC

GRANULARITIES: Final[dict[str, float | None]] = {AGNOSTIC: None, **evaluation.GRANULARITIES}
"""Granularity → distance in km within which an image counts; None: anywhere."""

MODEL_LABELS: Final[dict[str, str]] = {
    "upper_bound": "Upper bound",
    "frequency": "Global frequency",
    "nearby_1": "Most frequent within 1 km",
    "nearby_25": "Most frequent within 25 km",
    "nearby_200": "Most frequent within 200 km",
    "mlc": "MLC",
    "mcc": "MCC",
    "mcc_cosine": "MCC, by cosine",
    "her": "HER",
    "locsens_zeroed": "LocSens, zeroed locations",
    "locsens_raw": "LocSens, raw locations",
    "locsens_dropout": "LocSens, location dropout",
    "locsens_sampling_1": "LocSens, sampling σ = 1",
    "locsens_sampling_0.1": "LocSens, sampling σ = 0.1",
    "locsens_sampling_0.05": "LocSens, sampling σ = 0.05",
    "locsens_sampling_0.01": "LocSens, sampling σ = 0.01",
    "locsens_sampling_0": "LocSens, sampling σ = 0",
}
"""Model key → name, in the order of the paper's tables, with baselines of ours beside those that they are like."""

STUDY_LABELS: Final[dict[str, str]] = {
    **{f"locsens_sampling_{sigma}_alone": f"LocSens, sampling to σ = {sigma}, own training" for sigma in SIGMAS[:-1]},
    "locsens_raw_tag_negatives": "LocSens, raw, negatives of image or hashtag",
    "locsens_raw_narrow": "LocSens, raw, narrow location",
    "locsens_raw_unnormalised": "LocSens, raw, modalities not normalised",
    "locsens_raw_fourier": "LocSens, raw, Fourier features of the location",
}
"""Trainings of the study alone: model key → name."""

SIGMA_AXIS: Final[dict[str, str]] = {
    "locsens_zeroed": "zeroed",
    "locsens_sampling_1": "1",
    "locsens_sampling_0.1": "0.1",
    "locsens_sampling_0.05": "0.05",
    "locsens_sampling_0.01": "0.01",
    "locsens_sampling_0": "0",
    "locsens_raw": "raw",
}
"""Model key → tick of the sigma figure, left to right."""

ALONE: Final[dict[str, str]] = {
    model: f"{model}_alone" if tick in SIGMAS[:-1] else model for model, tick in SIGMA_AXIS.items()
}
"""Model of the sigma figure → the one trained on its own with the whole budget: all but σ = 1 to 0.01 always are."""

SIGMA_REFERENCE: Final = "locsens_sampling_1"
"""The model that the sigma figure's right panel subtracts."""

AGNOSTIC_RETRIEVAL: Final[dict[str, float]] = {"mlc": 1.01, "mcc": 14.07, "her": 7.02}
"""P@10 averaged over hashtags."""

SENSITIVE_RETRIEVAL: Final[dict[str, tuple[float, float, float, float, float, float]]] = {
    "upper_bound": (100.0, 96.08, 90.51, 80.31, 64.52, 42.46),
    "mlc": (5.28, 2.54, 1.65, 1.00, 0.62, 0.17),
    "mcc": (42.18, 29.23, 24.2, 18.34, 13.25, 4.66),
    "her": (37.36, 25.03, 20.27, 15.51, 11.23, 3.65),
    "locsens_zeroed": (40.05, 28.32, 24.34, 18.44, 12.79, 3.74),
    "locsens_raw": (32.74, 28.42, 25.52, 21.83, 15.53, 4.83),
    "locsens_dropout": (36.95, 30.42, 26.14, 20.46, 14.28, 4.64),
    "locsens_sampling_1": (40.60, 28.40, 23.84, 18.16, 13.04, 4.13),
    "locsens_sampling_0.1": (40.03, 29.30, 24.36, 18.83, 13.46, 4.22),
    "locsens_sampling_0.05": (39.80, 31.25, 25.76, 19.58, 13.78, 4.30),
    "locsens_sampling_0.01": (37.05, 31.27, 26.65, 20.14, 14.15, 4.44),
    "locsens_sampling_0": (35.95, 30.61, 27.00, 21.39, 14.75, 4.83),
}
"""P@10 averaged over queries, by `GRANULARITIES` in order."""

TAGGING: Final[dict[str, tuple[float, float, float, float]]] = {
    "frequency": (1.82, 13.45, 0.01, 0.01),
    "mlc": (8.86, 30.59, 8.04, 4.5),
    "mcc": (20.32, 47.64, 29.11, 15.15),
    "her": (15.83, 31.24, 18.63, 8.74),
    "locsens_zeroed": (15.92, 46.60, 26.98, 13.31),
    "locsens_raw": (28.10, 68.21, 44.00, 24.04),
}
"""A@1, A@10, % predicted, % correctly predicted."""


@dataclass(frozen=True)
class AskedPlace:
    """A place that the post names, or, where it names none, one that we ask for.

    Attributes:
        name: As the post writes it; for a country, the city that stands for it follows in brackets.
        latitude: Degrees north.
        longitude: Degrees east.
    """

    name: str
    latitude: float
    longitude: float


AUCKLAND = AskedPlace("Auckland", -36.848, 174.763)
BANGKOK = AskedPlace("Bangkok", 13.754, 100.502)
BERLIN = AskedPlace("Berlin", 52.524, 13.411)
CAIRO = AskedPlace("Cairo", 30.044, 31.236)
CHICAGO = AskedPlace("Chicago", 41.850, -87.650)
COSTA_RICA = AskedPlace("Costa Rica (San José)", 9.933, -84.083)
CUBA = AskedPlace("Cuba (Havana)", 23.133, -82.383)
EDINBURGH = AskedPlace("Edinburgh", 55.952, -3.196)
LONDON = AskedPlace("London", 51.509, -0.126)
MADRID = AskedPlace("Madrid", 40.416, -3.703)
MOSCOW = AskedPlace("Moscow", 55.752, 37.616)
PARIS = AskedPlace("Paris", 48.853, 2.349)
ROME = AskedPlace("Rome", 41.892, 12.511)
SAN_FRANCISCO = AskedPlace("San Francisco", 37.775, -122.419)
SYDNEY = AskedPlace("Sydney", -33.868, 151.207)
TOKYO = AskedPlace("Tokyo", 35.690, 139.692)
TORONTO = AskedPlace("Toronto", 43.706, -79.399)

PLACE_QUERIES: Final[tuple[tuple[str, tuple[AskedPlace, ...]], ...]] = (
    ("bridge", (LONDON, SAN_FRANCISCO, SYDNEY)),
    ("temple", (TOKYO, BANGKOK, ROME)),
    ("winter", (BERLIN,)),
    ("car", (PARIS,)),
)
"""The same hashtag at several places. The cities of bridge and temple are ours: our sources name none."""

INCOMPATIBLE_QUERIES: Final[tuple[tuple[str, tuple[AskedPlace, ...]], ...]] = (
    ("beach", (AUCKLAND, MADRID, MOSCOW)),
    ("ski", (CAIRO, SYDNEY)),
)
"""Hashtags at places that have none of it; beach at Auckland, which has, for comparison."""

TAGGED_WITH: Final = "london"
"""The hashtag of the picture whose hashtags by MCC and by LocSens the post sets side by side."""

FAKED_LOCATIONS: Final[tuple[tuple[str, tuple[AskedPlace, ...]], ...]] = (
    ("sailing", (CUBA, TORONTO)),
    ("road", (COSTA_RICA, EDINBURGH, CHICAGO)),
)
"""Hashtag of a picture, and the places it is said to be from."""

KIN: Final[dict[str, tuple[str, ...]]] = {
    "bridge": ("bridges", "viaduct", "aqueduct", "river"),
    "temple": ("temples", "shrine", "pagoda", "church", "cathedral", "mosque"),
    "winter": ("snow", "ice", "cold", "frost", "ski"),
    "car": ("cars", "automobile", "taxi", "vehicle", "bus", "road", "train"),
    "beach": ("beaches", "sand", "sea", "ocean", "coast", "bay"),
    "ski": ("skiing", "snow", "snowboard", "winter", "mountain", "mountains"),
    "sailing": ("sail", "sailboat", "boat", "boats", "yacht", "ship", "ferry", "harbour", "harbor"),
    "road": ("roads", "street", "highway", "route", "path", "track", "trail"),
}
"""Nearest in meaning first: what stands in for a hashtag that the collection lacks."""
