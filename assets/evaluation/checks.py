"""Checks of evaluation: fair queries, whole rankings, every model judged by the same queries."""

import numpy as np
import polars as pl

from assets.base.checks import CheckResult, check
from assets.base.keys import RETRIEVAL_MODELS
from assets.base.run import Run
from assets.evaluation.candidates import read_test_photos
from assets.evaluation.retrieval_results import AGNOSTIC

_ROUNDING = 1e-6


@check(asset="retrieval_queries", blocking=True)
def queries_have_test_images(run: Run) -> CheckResult:
    """Every hashtag asked for is on at least `min_test_images` test photos with an image."""
    fewest = run.profile.evaluation.min_test_images
    tags, images = np.unique(read_test_photos(run).tag_ids, return_counts=True)
    enough = tags[images >= fewest]
    queries = run.frame("retrieval_queries", ["kind", "tag_id"])
    too_few = int((~np.isin(queries.get_column("tag_id").to_numpy(), enough)).sum())
    kinds = queries.get_column("kind")
    return CheckResult(
        too_few == 0,
        f"{too_few:,} of {queries.height:,} queries ask for a hashtag of fewer than {fewest} test images",
        {
            "photo_queries": int((kinds == "photo").sum()),
            "tag_queries": int((kinds == "tag").sum()),
            "too_few_images": too_few,
        },
    )


@check(asset="retrieval_queries", blocking=True)
def query_ids_contiguous(run: Run) -> CheckResult:
    """Query ids count from 0, and a query has a place exactly if a photo asks."""
    queries = run.frame("retrieval_queries", ["query_id", "kind", "latitude", "longitude", "photo_id"])
    gaps = int((queries.get_column("query_id").to_numpy() != np.arange(queries.height)).sum())
    by_photo = pl.col("kind") == "photo"
    place = pl.all_horizontal(pl.col("latitude", "longitude", "photo_id").is_not_null())
    none = pl.all_horizontal(pl.col("latitude", "longitude", "photo_id").is_null())
    wrong = queries.filter(~((by_photo & place) | (~by_photo & none))).height
    return CheckResult(
        gaps == 0 and wrong == 0,
        f"{queries.height:,} queries, {gaps:,} ids out of place, {wrong:,} with a place too many or too few",
        {"queries": queries.height, "ids_out_of_place": gaps, "wrong_places": wrong},
    )


def _whole(run: Run, asset: str, query: str, candidate: str) -> tuple[CheckResult, pl.DataFrame]:
    per_query = (
        run.scan(asset)
        .group_by(query)
        .agg(
            ranks=pl.len(),
            last=pl.col("rank").max(),
            first=pl.col("rank").min(),
            distinct=pl.col("rank").n_unique(),
            candidates=pl.col(candidate).n_unique(),
        )
        .collect(engine="streaming")
    )
    holes = per_query.filter(
        (pl.col("first") != 1) | (pl.col("last") != pl.col("ranks")) | (pl.col("distinct") != pl.col("ranks"))
    ).height
    twice = per_query.filter(pl.col("candidates") != pl.col("ranks")).height
    result = CheckResult(
        holes == 0 and twice == 0,
        f"{per_query.height:,} rankings: {holes:,} with a hole in their ranks, "
        f"{twice:,} that rank a {candidate.removesuffix('_id')} twice",
        {"rankings": per_query.height, "with_holes": holes, "with_repeats": twice},
    )
    return result, per_query


@check(asset="retrieval_rankings", blocking=True)
def retrieval_ranks_contiguous(run: Run) -> CheckResult:
    """Each query's ranks are 1, 2, 3 and so on, and no photo is ranked twice."""
    return _whole(run, "retrieval_rankings", "query_id", "photo_id")[0]


@check(asset="tagging_rankings", blocking=True)
def tagging_ranks_contiguous(run: Run) -> CheckResult:
    """Each photo's ranks are 1, 2, 3 and so on, and no hashtag is ranked twice."""
    return _whole(run, "tagging_rankings", "photo_id", "tag_id")[0]


@check(asset="tagging_rankings_no_places", blocking=True)
def no_places_ranked(run: Run) -> CheckResult:
    """The same of the rankings without names of places, and there is none among them."""
    whole, _ = _whole(run, "tagging_rankings_no_places", "photo_id", "tag_id")
    names = run.scan("vocabulary").filter("is_place").select("tag_id")
    ranked = run.scan("tagging_rankings_no_places").join(names, on="tag_id", how="semi")
    places = int(ranked.select(pl.len()).collect(engine="streaming").item())
    return CheckResult(
        whole.passed and places == 0,
        f"{whole.sentence}; {places:,} ranks hold the name of a place",
        {**whole.values, "places": places},
    )


@check(asset="retrieval_rankings", blocking=True)
def photo_queries_ranked(run: Run) -> CheckResult:
    """Every query of kind photo is ranked, but for hashtags that HER has no word vector for."""
    queries = run.frame("retrieval_queries", ["query_id", "kind", "tag_id"]).filter(pl.col("kind") == "photo")
    ranked = run.scan("retrieval_rankings").select("query_id").unique().collect(engine="streaming")
    unranked = queries.join(ranked, on="query_id", how="anti")
    without = unranked.height
    if run.partition == "her":
        known = run.frame("tag_embeddings_her", ["tag_id"])
        without = unranked.join(known, on="tag_id", how="semi").height
    return CheckResult(
        without == 0,
        f"{without:,} of {queries.height:,} photo queries without a ranking",
        {"photo_queries": queries.height, "unranked": without, "unknown": unranked.height - without},
    )


@check(asset="retrieval_results", blocking=True)
def same_queries_for_all(run: Run) -> CheckResult:
    """Every model that ran is judged by the same photo queries, and every model has a row."""
    rows = run.frame("retrieval_results", ["model", "average", "slice", "queries"])
    judged = rows.filter((pl.col("average") == "query") & (pl.col("slice") == "all"))
    counts = judged.filter(pl.col("queries") > 0).get_column("queries").unique().sort().to_list()
    absent = sorted(set(RETRIEVAL_MODELS) - set(judged.get_column("model")))
    return CheckResult(
        len(counts) <= 1 and not absent,
        f"photo queries per model that ran: {counts or 'none ran'}"
        + (f"; no row for {', '.join(absent)}" if absent else ""),
        {"queries": counts[0] if counts else 0, "absent_models": len(absent)},
    )


@check(asset="retrieval_results", blocking=False)
def upper_bound_highest(run: Run) -> CheckResult:
    """No model is above the oracle, for any average, granularity and slice."""
    rows = run.frame("retrieval_results", ["model", "average", "granularity", "slice", "precision_at_10"]).drop_nulls(
        "precision_at_10"
    )
    keys = ["average", "granularity", "slice"]
    oracle = rows.filter(pl.col("model") == "upper_bound").select(*keys, bound="precision_at_10")
    above = rows.join(oracle, on=keys).filter(pl.col("precision_at_10") > pl.col("bound") + _ROUNDING)
    curve = oracle.filter((pl.col("average") == "query") & (pl.col("slice") == "all"))
    worst = above.select("model", "granularity").rows()[:1]
    return CheckResult(
        above.is_empty(),
        f"{above.height:,} of {rows.height:,} figures above the oracle" + (f", such as {worst[0]}" if worst else ""),
        {
            "above": above.height,
            **{f"upper_bound_{name}": value for name, value in curve.select("granularity", "bound").rows()},
        },
    )


@check(asset="retrieval_results", blocking=False)
def precision_falls_with_distance(run: Run) -> CheckResult:
    """A model's precision never rises as the distance that counts shrinks."""
    columns = ["model", "average", "slice", "granularity", "distance_km", "precision_at_10"]
    rows = run.frame("retrieval_results", columns)
    by_distance = rows.drop_nulls("precision_at_10").sort(
        pl.when(pl.col("granularity") == AGNOSTIC).then(float("inf")).otherwise(pl.col("distance_km"))
    )
    rising = by_distance.with_columns(step=pl.col("precision_at_10").diff().over("model", "average", "slice")).filter(
        pl.col("step") < -_ROUNDING
    )
    return CheckResult(
        rising.is_empty(),
        f"{rising.height:,} figures above those of a larger distance",
        {"rising": rising.height},
    )
