"""What the report is made of: plain values, gathered by `gather` and rendered by `html`.

Nothing here reads storage or draws; a test builds a `ReportData` by hand.
"""

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from assets.evaluation.report.sql import Query
from assets.evaluation.report.study import StudyData

Match = Literal["here", "elsewhere", "no"]
"""A picture carries the hashtag and is near the place; carries it but is far; does not carry it."""


def match_of(*, carries: bool, away: float | None, near_km: float) -> Match:
    """How a picture answers a hashtag and a place; `away` is its distance in km, None if no place was asked for."""
    if not carries:
        return "no"
    return "here" if away is None or away <= near_km else "elsewhere"


@dataclass(frozen=True)
class Provenance:
    """One record that the report rests on: an asset's newest partition and its data version."""

    asset: str
    partitions: int
    data_version: str


@dataclass(frozen=True)
class About:
    """What collection this is and by which settings it was worked on.

    Attributes:
        source: What the metadata is, as the settings say, without credentials.
        profile: Name of the profile.
        is_generated: True if the photos are the generated sample world.
        taken: First and last year in which photos were taken, if known.
        vocabulary: Hashtags that models learn.
        seed: Seed of the training.
        steps: Model asset and partition → training steps.
        stages: Model that is a snapshot → steps before it was made, and steps of the whole training.
        provenance: The records that the report rests on.
    """

    source: str
    profile: str
    is_generated: bool
    taken: tuple[int, int] | None
    vocabulary: int
    seed: int
    steps: dict[str, int]
    stages: dict[str, tuple[int, int]] = field(default_factory=dict)
    provenance: tuple[Provenance, ...] = ()


@dataclass(frozen=True)
class Account:
    """One step of the rows' accounting: what came in, what stayed, and why the rest did not.

    Attributes:
        title: Name of the step.
        unit: What is counted.
        total: Rows that came in.
        kept_as: What the kept ones are called.
        kept: Rows that stayed.
        reasons: Why the others did not → rows, most frequent first.
        queries: `total`, `kept` and each reason → the query that gives it.
    """

    title: str
    unit: str
    total: int
    kept_as: str
    kept: int
    reasons: dict[str, int]
    queries: dict[str, Query] = field(default_factory=dict)

    @property
    def adds_up(self) -> bool:
        """Whether every row is accounted for."""
        return self.total == self.kept + sum(self.reasons.values())


@dataclass(frozen=True)
class Curve:
    """Training curve of one model: `steps` has `step` and one column a measure, null where not measured."""

    model: str
    steps: pl.DataFrame


@dataclass(frozen=True)
class Density:
    """Photos per cell.

    Attributes:
        cells: `latitude`, `longitude` (centres) and `photos`.
        degrees: Side of a cell.
        within: Only photos from these latitudes (south, north) and longitudes (west, east) are counted; None: all.
    """

    cells: pl.DataFrame
    degrees: float
    within: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Layers:
    """A LocSens network as its config describes it (paper, the architecture figure).

    Attributes:
        variant: Which LocSens model this is.
        inputs: Modality → width of its input.
        modality_width: Width that each modality is mapped to.
        branch: What each branch consists of, in order.
        normalised: Whether each modality is L2-normalised before concatenation.
        hidden: Widths of the fully connected layers.
        hidden_block: What each of them consists of.
        margin: Margin of the ranking loss.
        negatives: Negatives for each anchor.
        location: What is done to the location, in words.
    """

    variant: str
    inputs: dict[str, int]
    modality_width: dict[str, int]
    branch: str
    normalised: bool
    hidden: tuple[int, ...]
    hidden_block: str
    margin: float
    negatives: int
    location: str


@dataclass(frozen=True)
class Picture:
    """One photo as the galleries show it."""

    photo_id: int
    jpeg: bytes
    width: int
    height: int
    tags: tuple[str, ...]
    city: str | None
    distance_km: float | None = None
    match: Match | None = None


@dataclass(frozen=True)
class Strip:
    """What a model answers to one hashtag at one place.

    Attributes:
        tag: Hashtag that was asked.
        place: Place that was asked, in words: `near London`.
        notes: Sentences on what stands in for what the collection lacks.
        pictures: The best pictures, best first.
        told: How many of the first ten are right, and how many the hashtag's first place shows too, in sentences.
    """

    tag: str
    place: str
    notes: tuple[str, ...]
    pictures: tuple[Picture, ...]
    told: str = ""


@dataclass(frozen=True)
class TagGuess:
    """One predicted hashtag; `is_local`: typical of the place told; `is_new`: not predicted at the true place."""

    tag: str
    is_correct: bool
    is_local: bool = False
    is_new: bool = False


@dataclass(frozen=True)
class TagList:
    """The hashtags that a model gives a picture, best first; `heading` names model or place."""

    heading: str
    guesses: tuple[TagGuess, ...]
    below: str = ""


@dataclass(frozen=True)
class TagCase:
    """One picture with several lists of hashtags."""

    picture: Picture
    title: str
    notes: tuple[str, ...]
    lists: tuple[TagList, ...]


@dataclass(frozen=True)
class Gallery:
    """One gallery of the post; `unavailable` says why it is empty."""

    key: str
    title: str
    intro: str
    strips: tuple[Strip, ...] = ()
    cases: tuple[TagCase, ...] = ()
    unavailable: str = ""


@dataclass(frozen=True)
class ReportData:
    """Everything that the report says.

    Attributes:
        about: What collection this is.
        accounts: Rows' accounting, from source file to image.
        survivorship: Rows of `image_survivorship`.
        photos_by_split: Split → photos.
        retrieval: Rows of `retrieval_results`.
        tagging: Rows of `tagging_results`.
        by_continent: As `breakdown.by_continent` makes it.
        by_frequency: The same by class of hashtag frequency, rarest first.
        tagging_by_continent: The same of tagging.
        tagging_by_frequency: The same of tagging.
        curves: Training curves.
        world: Photos per cell of the whole Earth.
        close: The same in finer cells, if the collection is of one region.
        cities: `city`, `latitude`, `longitude`, `photos` of the most photographed ones.
        frequencies: `rank` (from 0), `photos`, `skipped` of every counted hashtag that is skipped or kept.
        layers: The LocSens network, if one is trained.
        galleries: The post's galleries.
        missing: Sentences on what was not run and why.
        study: Results of several seeds and verdicts on the claims, if the study was run.
        outdated_seeds: Seeds of a study of older photos, for which `study` is None.
    """

    about: About
    accounts: tuple[Account, ...]
    survivorship: pl.DataFrame
    photos_by_split: dict[str, int]
    retrieval: pl.DataFrame
    tagging: pl.DataFrame
    by_continent: pl.DataFrame
    by_frequency: pl.DataFrame
    tagging_by_continent: pl.DataFrame
    tagging_by_frequency: pl.DataFrame
    curves: tuple[Curve, ...]
    world: Density
    close: Density | None
    cities: pl.DataFrame
    frequencies: pl.DataFrame
    layers: Layers | None
    galleries: tuple[Gallery, ...]
    missing: tuple[str, ...] = ()
    study: StudyData | None = None
    outdated_seeds: tuple[str, ...] = ()
