"""Gathers `ReportData` from what the run reads; nothing is drawn here, and nothing missing is passed over."""

import hashlib
from collections.abc import Callable, Collection

import polars as pl

from assets.base.keys import TAGGING_MODELS
from assets.base.run import Run
from assets.base.urls import public_source
from assets.evaluation.candidates import Ids, TestPhotos, read_test_photos
from assets.evaluation.ranked import why_no_rankings
from assets.evaluation.report.accounts import accounts
from assets.evaluation.report.breakdown import by_continent, by_frequency
from assets.evaluation.report.data import About, Curve, Gallery, Provenance, ReportData
from assets.evaluation.report.galleries import all_galleries
from assets.evaluation.report.maps import densities
from assets.evaluation.report.missing import what_is_missing
from assets.evaluation.report.pictures import load_jpegs
from assets.evaluation.report.study import outdated_seeds, read_study
from assets.evaluation.report.substitutes import cities_of
from assets.evaluation.report.trained import drawn_network, sampling_stages, training_curves
from assets.evaluation.report.viewing import Viewing
from assets.evaluation.retrieval import RetrievalScorer
from assets.evaluation.scorers import load_retrieval_scorer, load_tagging_scorer
from assets.evaluation.tagging import TaggingScorer
from assets.ingestion.sources import parse_source
from models.devices import choose_device

_CITIES_NAMED = 8


def gather(run: Run) -> ReportData:
    """Everything that the report says, from the published tables and models."""
    retrieval = run.frame("retrieval_results")
    study = read_study(run)
    tagging = run.frame("tagging_results")
    shown = run.profile.report
    seeds = (None, None) if study is None else (study.retrieval, study.tagging)
    of_queries = (retrieval, seeds[0], shown.breakdown_models, shown.breakdown_granularities)
    of_photos = (tagging, seeds[1], shown.breakdown_tagging_models, shown.breakdown_measures)
    curves = training_curves(run)
    world, close = densities(run.scan("photos"), shown.map_cell_degrees)
    return ReportData(
        about=_about(run, curves),
        accounts=accounts(run),
        survivorship=run.frame("image_survivorship"),
        photos_by_split=photos_by_split(run),
        retrieval=retrieval,
        tagging=tagging,
        by_continent=by_continent(*of_queries),
        by_frequency=by_frequency(*of_queries),
        tagging_by_continent=by_continent(*of_photos, kind="tagging"),
        tagging_by_frequency=by_frequency(*of_photos, kind="tagging"),
        curves=curves,
        world=world,
        close=close,
        cities=_named_cities(run) if close is not None else pl.DataFrame(),
        frequencies=_frequencies(run),
        layers=drawn_network(run),
        galleries=_galleries(run),
        missing=what_is_missing(run),
        study=study,
        outdated_seeds=outdated_seeds(run),
    )


def _about(run: Run, curves: tuple[Curve, ...]) -> About:
    years = run.scan("photos").select(
        pl.col("taken_at").dt.year().min().alias("first"), pl.col("taken_at").dt.year().max().alias("last")
    )
    first, last = years.collect().row(0)
    return About(
        source=public_source(run.settings.source),
        profile=run.profile.name,
        is_generated=parse_source(run.settings.source).is_sample,
        taken=None if first is None else (first, last),
        vocabulary=sum(record.rows or 0 for record in run.records("vocabulary")),
        seed=run.profile.seed,
        steps={curve.model: _last_step(curve) for curve in curves},
        stages=sampling_stages(run),
        provenance=tuple(found for reads in run.step.reads if (found := _provenance(run, reads.asset)) is not None),
    )


def _last_step(curve: Curve) -> int:
    last = curve.steps["step"].max()
    return last if isinstance(last, int) else 0


def _provenance(run: Run, asset: str) -> Provenance | None:
    records = run.records(asset)
    if not records:
        return None
    versions = sorted(f"{record.partition}@{record.data_version}" for record in records)
    whole = hashlib.sha256("\n".join(versions).encode()).hexdigest()[:16]
    return Provenance(asset, len(records), records[0].data_version if len(records) == 1 else whole)


def photos_by_split(run: Run) -> dict[str, int]:
    """Photos of each split, from the files' own counts."""
    found = dict.fromkeys(("train", "validation", "test"), 0)
    for record in run.records("photos"):
        for file in record.files:
            split = next(part.removeprefix("split=") for part in file.path.split("/") if "split=" in part)
            found[split] += file.rows or 0
    return found


def _named_cities(run: Run) -> pl.DataFrame:
    columns = ["city", "country", "latitude", "longitude"]
    return cities_of(run.scan("photos").select(columns).collect()).head(_CITIES_NAMED)


def _frequencies(run: Run) -> pl.DataFrame:
    skipped = run.frame("skipped_tags", ["photos"]).with_columns(skipped=pl.lit(value=True))
    kept = run.frame("vocabulary", ["photos"]).with_columns(skipped=pl.lit(value=False))
    ordered = pl.concat([skipped, kept]).sort("photos", descending=True, maintain_order=True)
    return ordered.with_row_index("rank").with_columns(pl.col("rank").cast(pl.Int64))


def _galleries(run: Run) -> tuple[Gallery, ...]:
    photos = read_test_photos(run)
    columns = ["photo_id", "city", "country", "latitude", "longitude"]
    details = run.scan("photos", "split=test").select(columns)
    details = details.filter(pl.col("photo_id").is_in(photos.photo_ids.tolist())).sort("photo_id")
    shown = run.profile.report
    rankings = {
        model: run.frame("tagging_rankings", None, model)
        for model in TAGGING_MODELS
        if not why_no_rankings(run, "tagging_rankings", model)
    }

    def jpegs(photo_ids: Collection[int]) -> dict[int, bytes]:
        return load_jpegs(run, photo_ids, shown.thumbnail_px)

    return all_galleries(
        Viewing(
            config=shown,
            photos=photos,
            details=details.collect(),
            vocabulary=run.frame("vocabulary", ["tag_id", "tag", "photos", "is_place"]),
            training=run.scan("photos", "split=train").select("latitude", "longitude", "tag_ids"),
            rankings=rankings,
            retrieval=_retrieval_scorer(run, photos, shown.retrieval_model),
            reference=_retrieval_scorer(run, photos, shown.reference_model),
            tagging=_tagging_loader(run),
            jpegs=jpegs,
        )
    )


def _retrieval_scorer(run: Run, photos: TestPhotos, model: str) -> RetrievalScorer | None:
    if why_no_rankings(run, "retrieval_rankings", model):
        return None
    return load_retrieval_scorer(model, run, photos, run.profile.evaluation, choose_device(run.settings.device))


def _tagging_loader(run: Run) -> Callable[[Ids], TaggingScorer] | None:
    model = run.profile.report.tagging_model
    if why_no_rankings(run, "tagging_rankings", model):
        return None
    return lambda photo_ids: load_tagging_scorer(
        model, run, photo_ids, run.profile.evaluation, choose_device(run.settings.device)
    )
