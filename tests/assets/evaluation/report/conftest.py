"""A report's data made by hand: every part filled, hostile text among the hashtags and places."""

import io

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageDraw

from assets.evaluation.report import paper
from assets.evaluation.report.breakdown import by_continent, by_frequency
from assets.evaluation.report.data import (
    About,
    Account,
    Curve,
    Density,
    Gallery,
    Layers,
    Picture,
    Provenance,
    ReportData,
    Strip,
    TagCase,
    TagGuess,
    TagList,
)

TAGGERS = ("frequency", "mcc", "locsens_raw")
BROKEN_DOWN = (("mcc", "locsens_zeroed", "locsens_dropout", "locsens_raw"), ("agnostic", "region"))
HOSTILE = "<script>alert(1)</script>"


def jpeg(number: int) -> bytes:
    """A small picture with a number's colour and a shape."""
    rng = np.random.default_rng(number)
    image = Image.new("RGB", (86, 64), tuple(int(v) for v in rng.integers(60, 220, 3)))
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 15, 60, 50), fill=tuple(int(v) for v in rng.integers(0, 255, 3)))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def retrieval_results() -> pl.DataFrame:
    """All the paper's rows, halved and shifted a little, HER not run."""
    rows = []
    for model, values in paper.SENSITIVE_RETRIEVAL.items():
        for (granularity, km), value in zip(paper.GRANULARITIES.items(), values, strict=True):
            not_run = model == "her"
            rows.append(
                {
                    "model": model,
                    "average": "query",
                    "granularity": granularity,
                    "distance_km": km,
                    "precision_at_10": None if not_run else value / 2 + 1,
                    "queries": 0 if not_run else 520,
                    "slice": "all",
                    "seed": 0,
                    "note": "no word vectors: LOCSENS_WORD_VECTORS is empty" if not_run else None,
                }
            )
    for model, value in {
        "upper_bound": 100.0,
        "mlc": 4.0,
        "mcc": 21.5,
        "her": None,
        "locsens_zeroed": 20.0,
    }.items():
        rows.append(
            {
                "model": model,
                "average": "tag",
                "granularity": "agnostic",
                "distance_km": None,
                "precision_at_10": value,
                "queries": 0 if value is None else 310,
                "slice": "all",
                "seed": 0,
                "note": "no word vectors: LOCSENS_WORD_VECTORS is empty" if value is None else None,
            }
        )
    rows.append({**rows[0], "slice": "continent:EU", "precision_at_10": 99.0})
    return pl.DataFrame(rows, infer_schema_length=None)


def tagging_results() -> pl.DataFrame:
    """The paper's rows and `mcc_cosine`, HER not run."""
    names = ("accuracy_at_1", "accuracy_at_10", "predicted_tags_pct", "correctly_predicted_tags_pct")
    rows = []
    for model, values in {**paper.TAGGING, "mcc_cosine": (19.0, 45.0, 50.0, 20.0)}.items():
        not_run = model == "her"
        figures = {name: None if not_run else value + 2 for name, value in zip(names, values, strict=True)}
        rows.append(
            {
                "model": model,
                **figures,
                "photos": 0 if not_run else 700,
                "slice": "all",
                "seed": 0,
                "note": "no word vectors" if not_run else None,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def picture(number: int, match: str | None = None, km: float | None = None) -> Picture:
    """A photo of the galleries."""
    tags = (HOSTILE, "bridge", "verylonghashtagwithoutanyblankinit", "thames")
    return Picture(number, jpeg(number), 86, 64, tags, "Kingston upon Thames & co", km, match)  # type: ignore[arg-type]


def galleries() -> tuple[Gallery, ...]:
    """One of each kind."""
    marks = ("here", "here", "elsewhere", "no", "here")
    pictures = tuple(picture(index, mark, 3.21 * index**3) for index, mark in enumerate(marks))
    guesses = tuple(
        TagGuess(tag, index % 3 == 0, index % 4 == 0)
        for index, tag in enumerate(("london", HOSTILE, "thames", "river", "night", "bigben", "europe", "canon"))
    )
    note = f"The collection has no hashtag “{HOSTILE}”; the nearest that it has is “bridge”."
    return (
        Gallery(
            "same-hashtag",
            "The same hashtag at different places",
            "By LocSens with raw locations: the five best pictures of each.",
            strips=(
                Strip("bridge", "near London", (), pictures),
                Strip("bridge", "near San Francisco", (note,), pictures, "Of the first 10, 3 carry the hashtag."),
            ),
        ),
        Gallery("incompatible", "Incompatible", "No ski at Cairo.", unavailable="no LocSens model is trained"),
        Gallery(
            "tagging",
            "One picture, two taggers",
            "MCC sees the image, LocSens the place too.",
            cases=(
                TagCase(
                    picture(9),
                    "A picture tagged london",
                    (note,),
                    (TagList("MCC", guesses), TagList("LocSens, raw locations", guesses)),
                ),
            ),
        ),
        Gallery(
            "faked",
            "The same picture, said to be elsewhere",
            "Only the coordinates change.",
            cases=(
                TagCase(
                    picture(11),
                    "A road picture",
                    (),
                    (
                        TagList("where it was taken", guesses),
                        TagList("Costa Rica (San José)", guesses, "8765 km away. Typical of this place: 3 of these 5"),
                        TagList("Edinburgh", guesses, "12 km away"),
                        TagList("Chicago", guesses, "6300 km away"),
                    ),
                ),
            ),
        ),
    )


def sliced(prefix: str, groups: tuple[str, ...]) -> pl.DataFrame:
    """Made-up results by group."""
    rows = [
        {
            "model": model,
            "average": "query",
            "granularity": granularity,
            "precision_at_10": 10.0 + 3 * index + 2 * place,
            "queries": 100 + place,
            "slice": f"{prefix}:{group}",
            "seed": 0,
        }
        for granularity in ("agnostic", "region")
        for index, model in enumerate(("mcc", "locsens_zeroed", "locsens_dropout", "locsens_raw"))
        for place, group in enumerate(groups)
    ]
    return pl.DataFrame(rows)


def sliced_tagging(prefix: str, groups: tuple[str, ...]) -> pl.DataFrame:
    """Made-up results of tagging by group."""
    rows = [
        {
            "model": model,
            "accuracy_at_1": 10.0 + 3 * index + place,
            "accuracy_at_10": 40.0 + 5 * index + 2 * place,
            "predicted_tags_pct": 50.0,
            "correctly_predicted_tags_pct": 20.0,
            "photos": 60 + place,
            "slice": f"{prefix}:{group}",
            "seed": 0,
        }
        for index, model in enumerate(("frequency", "mcc", "locsens_raw"))
        for place, group in enumerate(groups)
    ]
    return pl.DataFrame(rows)


def curve(model: str) -> Curve:
    """A falling loss with two validation measures."""
    steps = np.arange(0, 800, 10)
    loss = 0.1 * np.exp(-steps / 300) + 0.005 * np.random.default_rng(1).normal(size=len(steps)) + 0.02
    measured = [float(20 - 15 * np.exp(-step / 200)) if step % 200 == 0 else None for step in steps]
    return Curve(
        model,
        pl.DataFrame(
            {
                "step": steps,
                "loss": loss,
                "validation_loss": [None if one is None else 1 / (one + 9) for one in measured],
                "accuracy_at_1": measured,
                "learning_rate": loss,
            }
        ),
    )


def density() -> pl.DataFrame:
    """Photos around a few cities, in cells of two degrees."""
    rng = np.random.default_rng(0)
    centres = np.array(
        [(51, -1, 9), (41, -75, 9), (35, 139, 6), (-33, 151, 4), (37, -121, 6), (-23, -45, 3), (9, 39, 2)]
    )
    chosen = rng.choice(len(centres), 4000, p=centres[:, 2] / centres[:, 2].sum())
    points = centres[chosen, :2] + rng.normal(0, 4, (4000, 2))
    cells = np.floor(points / 2) * 2 + 1
    return (
        pl.DataFrame({"latitude": cells[:, 0], "longitude": cells[:, 1]})
        .group_by("latitude", "longitude")
        .agg(photos=pl.len())
        .sort("latitude", "longitude")
    )


def survivorship() -> pl.DataFrame:
    """Made-up shares of images that are still there; more licences than are shown, one of them hostile."""
    values = {
        "all": ["all"],
        "year": [*(str(year) for year in range(2006, 2014)), None],
        "continent": ["EU", "NA", "AS", None],
        "license": [HOSTILE, *(f"Licence {number}" for number in range(19))],
    }
    rows = []
    for dimension, names in values.items():
        for place, value in enumerate(names):
            wanted = 1400 // (place + 1) if dimension != "all" else 14000
            missing, transient = wanted // 10, wanted // 100
            ok = wanted - missing - transient - 2
            rows.append((dimension, value, wanted, ok, missing, transient, 2, ok / wanted))
    columns = ["dimension", "value", "wanted", "ok", "missing", "transient", "other", "share_ok"]
    return pl.DataFrame(rows, schema=columns, orient="row")


@pytest.fixture(scope="session")
def report_data() -> ReportData:
    """A whole report."""
    ranks = np.arange(600)
    return ReportData(
        about=About(
            source="sample",
            profile="sample",
            is_generated=True,
            taken=(2006, 2013),
            vocabulary=590,
            seed=0,
            steps={"LocSens, retrieval, raw": 800, "MCC embedding": 1200},
            provenance=(
                Provenance("photos", 31, "0f3a9c2b7d11e842"),
                Provenance("retrieval_results", 1, "aa12bb34cc56dd78"),
            ),
        ),
        accounts=(
            Account(
                "Reading",
                "rows in the source files",
                30000,
                "raw photos",
                29970,
                {"wrong number of columns": 30},
            ),
            Account(
                "Filters",
                "raw photos",
                29970,
                "geotagged photos",
                14500,
                {"no_location": 14000, "no_tags": 1470},
            ),
            Account("Splits", "geotagged photos", 14500, "photos", 14000, {"too_many_tags": 400, "duplicate": 100}),
            Account("Images", "wanted images", 14000, "ok", 13800, {"missing": 160, "undecodable": 40}),
        ),
        survivorship=survivorship(),
        photos_by_split={"train": 10500, "validation": 700, "test": 2800},
        retrieval=retrieval_results(),
        tagging=tagging_results(),
        by_continent=by_continent(sliced("continent", ("AF", "AS", "EU", "NA", "OC", "SA")), None, *BROKEN_DOWN),
        by_frequency=by_frequency(sliced("frequency", ("1", "2", "3")), None, *BROKEN_DOWN),
        tagging_by_continent=by_continent(
            sliced_tagging("continent", ("AF", "EU")), None, TAGGERS, ("accuracy_at_10",), kind="tagging"
        ),
        tagging_by_frequency=by_frequency(
            sliced_tagging("frequency", ("1", "2", "3")), None, TAGGERS, ("accuracy_at_10",), kind="tagging"
        ),
        curves=tuple(curve(name) for name in ("MCC embedding", "LocSens, retrieval, raw", "LocSens, tagging, raw")),
        world=Density(density(), 2.0),
        close=None,
        cities=pl.DataFrame({"city": ["London"], "latitude": [51.5], "longitude": [-0.1], "photos": [900]}),
        frequencies=pl.DataFrame(
            {"rank": ranks, "photos": (4000 / (ranks + 1)).astype(int) + 3, "skipped": ranks < 10}
        ),
        layers=Layers(
            variant="retrieval_raw",
            inputs={"image": 300, "tag": 300, "location": 2},
            modality_width={"image": 300, "tag": 300, "location": 300},
            branch="linear, ReLU",
            normalised=True,
            hidden=(2048, 2048, 2048, 1024, 512),
            hidden_block="linear, group norm (32), ReLU",
            margin=0.1,
            negatives=6,
            location="location: true coordinates throughout",
        ),
        galleries=galleries(),
        missing=("HER: no word vectors (LOCSENS_WORD_VECTORS is empty).",),
    )
