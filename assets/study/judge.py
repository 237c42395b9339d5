"""What a model of the study makes of its test photos: rows of results, and each query's and photo's own figure.

The rankings themselves are not kept: per seed and model the scores of queries and the first hashtags of photos are.
"""

from collections.abc import Iterable

import polars as pl
import pyarrow as pa

from assets.base.tables import TABLES
from assets.evaluation.rankings import rank_hashtags, rank_queries
from assets.evaluation.retrieval import RetrievalScorer
from assets.evaluation.retrieval_results import query_precision, retrieval_rows
from assets.evaluation.tagging import TaggingScorer
from assets.evaluation.tagging_results import no_places_row, photo_hits, tagging_rows
from assets.study.setting import Setting

PRECISION = "precision_at_10"
OF_HASHTAG = "precision_at_10_of_hashtag"
ACCURACY = ("accuracy_at_1", "accuracy_at_10")


JUDGED = ("study_retrieval_results", "study_tagging_results", "study_scores", "study_taggings")
"""Tables that judging models fills."""

Judged = dict[str, pa.Table]
"""What came of a model: tables of `JUDGED` by name, without their folder `seed`."""


def judge_retrieval(model: str, scorer: RetrievalScorer, setting: Setting, *, placeless: bool) -> Judged:
    """Rank for all queries.

    Args:
        model: Model key.
        scorer: Loaded for the setting's test photos.
        setting: Queries and photos.
        placeless: Whether hashtags alone are ranked too.
    """
    config, queries = setting.config, setting.queries
    rankings = pl.concat(rank_queries(scorer, queries, setting.photos, config.depth, placeless=placeless))
    results = retrieval_rows(model, rankings, queries, setting.slices, config, seed=0)
    scores = []
    for kind, measure in (("photo", PRECISION), ("tag", OF_HASHTAG)):
        asked = (queries.get_column("kind") == kind).to_numpy()
        if kind == "tag" and not placeless:
            continue
        for granularity, precision in query_precision(rankings, queries, config).items():
            if kind == "photo" or granularity == "agnostic":
                scores.append(
                    queries.filter(pl.Series(asked)).select(
                        pl.lit(model).alias("model"),
                        pl.lit(setting.name).alias("slice"),
                        pl.lit(measure).alias("measure"),
                        pl.lit(granularity).alias("granularity"),
                        "query_id",
                        "photo_id",
                        pl.Series("value", precision[asked]),
                    )
                )
    return {
        "study_retrieval_results": _published("study_retrieval_results", results, setting),
        "study_scores": TABLES["study_scores"].conform(pl.concat(scores).to_arrow()),
    }


def judge_tagging(model: str, scorer: TaggingScorer, setting: Setting) -> Judged:
    """Tag all photos that are tagged, each at its own place.

    Args:
        model: Model key.
        scorer: Loaded for the setting's tagged photos.
        setting: Photos and configuration.
    """
    config, photos = setting.config, setting.tagged
    parts = list(rank_hashtags(scorer, photos, config.depth, setting.place_tags, setting.other_tags))
    rankings, no_places = (pl.concat(frames) for frames in zip(*parts, strict=True))
    found = photo_hits(rankings, photos, config)
    hits = pl.DataFrame(
        {
            "photo_id": photos.photo_ids,
            ACCURACY[0]: 100.0 * found.correct[:, 0],
            ACCURACY[1]: 100.0 * found.correct.any(axis=1),
        }
    )
    scores = hits.unpivot(index="photo_id", variable_name="measure").select(
        pl.lit(model).alias("model"),
        pl.lit(setting.name).alias("slice"),
        "measure",
        pl.lit(None, dtype=pl.String).alias("granularity"),
        pl.lit(None, dtype=pl.Int64).alias("query_id"),
        "photo_id",
        "value",
    )
    ranked = found.tag_ids >= 0
    taggings = pl.DataFrame(
        {
            "model": model,
            "slice": setting.name,
            "photo_id": photos.photo_ids,
            "tag_ids": [row[known].tolist() for row, known in zip(found.tag_ids, ranked, strict=True)],
            "is_correct": [row[known].tolist() for row, known in zip(found.correct, ranked, strict=True)],
        },
        schema_overrides={"tag_ids": pl.List(pl.Int32), "is_correct": pl.List(pl.Boolean)},
    )
    others = photos.only(setting.other_tags)
    rows = [
        tagging_rows(model, rankings, photos, config, seed=0),
        no_places_row(model, no_places, others, config, seed=0),
    ]
    return {
        "study_tagging_results": _published("study_tagging_results", pl.concat(rows), setting),
        "study_scores": TABLES["study_scores"].conform(scores.to_arrow()),
        "study_taggings": TABLES["study_taggings"].conform(taggings.to_arrow()),
    }


def _published(asset: str, results: pl.DataFrame, setting: Setting) -> pa.Table:
    """Results as the study publishes them: of users apart only the figures over all, under their own slice."""
    if setting.split == "user":
        results = results.filter(pl.col("slice") == "all").with_columns(pl.lit(setting.name).alias("slice"))
    return TABLES[asset].conform(results.drop("seed").to_arrow())


def joined(judged: Iterable[Judged]) -> Judged:
    """What came of several models, one after the other; tables that none of them filled are empty."""
    every = list(judged)
    return {
        asset: pa.concat_tables([TABLES[asset].empty(), *(one[asset] for one in every if asset in one)])
        for asset in JUDGED
    }
