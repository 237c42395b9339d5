"""Steps of evaluation: queries, what every model ranks for them, and the results. The report is apart."""

import polars as pl

from assets.base.keys import (
    LOCSENS_TAGGING_VARIANTS,
    LOCSENS_VARIANTS,
    PLACELESS,
    RETRIEVAL_MODELS,
    TAGGING_MODELS,
)
from assets.base.run import Run
from assets.base.step import NotRun, Reads, step
from assets.evaluation import checks
from assets.evaluation.candidates import Ids, TestPhotos, read_test_photos, tags_by_place
from assets.evaluation.figures import retrieval_notes, tagging_notes
from assets.evaluation.queries import draw_queries, photos_to_tag
from assets.evaluation.ranked import RANKED_FOR, why_no_rankings
from assets.evaluation.retrieval_results import retrieval_not_run, retrieval_rows
from assets.evaluation.slices import query_slices
from assets.evaluation.tagging_results import no_places_row, tagging_not_run, tagging_rows

_TEST_PHOTOS = (Reads("photos"), Reads("image_status"))
_RETRIEVAL_KEYS = {"mcc": ("mcc", *LOCSENS_VARIANTS), "mlc": ("mlc",), "her": ("her",)}
_TAGGING_KEYS = {"mcc": ("mcc", "mcc_cosine", *LOCSENS_TAGGING_VARIANTS), "mlc": ("mlc",), "her": ("her",)}


def _embeddings(keys: dict[str, tuple[str, ...]]) -> tuple[Reads, ...]:
    return tuple(
        Reads(f"{side}_embeddings_{method}", when=models)
        for method, models in keys.items()
        for side in ("image", "tag")
    )


@step(
    stage="evaluation",
    outputs=("retrieval_queries",),
    reads=_TEST_PHOTOS,
    profile=("evaluation",),
    kinds={"polars", "parquet"},
    checks=(checks.queries_have_test_images, checks.query_ids_contiguous),
)
def retrieval_queries(run: Run) -> None:
    """A hashtag and place of each test photo, and each hashtag alone, where enough test images carry it."""
    photos = read_test_photos(run)
    config = run.profile.evaluation
    queries = draw_queries(photos, config)
    if queries.is_empty():
        raise NotRun(f"no hashtag is on {config.min_test_images} or more of {len(photos)} test photos with an image")
    run.write("retrieval_queries", queries)
    kinds = queries.get_column("kind")
    run.note(
        "retrieval_queries",
        {
            "photo queries": int((kinds == "photo").sum()),
            "tag queries": int((kinds == "tag").sum()),
            "candidates": len(photos),
        },
    )


@step(
    stage="evaluation",
    outputs=("retrieval_rankings",),
    by="retrieval_model",
    reads=(
        Reads("retrieval_queries"),
        *_TEST_PHOTOS,
        *_embeddings(_RETRIEVAL_KEYS),
        Reads("locsens_model", each={key: (variant,) for key, (variant, _) in LOCSENS_VARIANTS.items()}),
    ),
    profile=("evaluation",),
    code_version="3",
    answers=RANKED_FOR,
    kinds={"pytorch", "parquet"},
    checks=(checks.retrieval_ranks_contiguous, checks.photo_queries_ranked),
    pool="gpu",
)
def retrieval_rankings(run: Run) -> None:
    """The first test photos for every query, by one model: how far away, and whether with the hashtag."""
    from assets.evaluation.rankings import rank_queries
    from assets.evaluation.scorers import load_retrieval_scorer
    from models.devices import choose_device

    key = _key(run)
    config = run.profile.evaluation
    photos = read_test_photos(run)
    queries = run.frame("retrieval_queries")
    scorer = load_retrieval_scorer(key, run, photos, config, choose_device(run.settings.device))
    placeless = key in PLACELESS
    wanted = queries.height if placeless else int((queries.get_column("kind") == "photo").sum())
    done = 0
    for part, frame in enumerate(rank_queries(scorer, queries, photos, config.depth, placeless=placeless)):
        run.write("retrieval_rankings", frame, part)
        done += frame.get_column("query_id").n_unique()
        run.log.info("%s: %s of %s queries ranked", key, f"{done:,}", f"{wanted:,}")
    run.note("retrieval_rankings", {"queries": done, "candidates": len(photos), "depth": config.depth})


@step(
    stage="evaluation",
    outputs=("tagging_rankings", "tagging_rankings_no_places"),
    by="tagging_model",
    reads=(
        *_TEST_PHOTOS,
        Reads("vocabulary"),
        *_embeddings(_TAGGING_KEYS),
        Reads("locsens_model", each={key: (variant,) for key, (variant, _) in LOCSENS_TAGGING_VARIANTS.items()}),
    ),
    profile=("evaluation",),
    code_version="3",
    answers=RANKED_FOR,
    kinds={"pytorch", "parquet"},
    checks=(checks.tagging_ranks_contiguous, checks.no_places_ranked),
    pool="gpu",
)
def tagging_rankings(run: Run) -> None:
    """The first hashtags of every test photo under one model, and whether the photo carries them; also without places.

    Names of places are most of what a location gives away: `tagging_rankings_no_places` ranks as if there were none.
    """
    from assets.evaluation.rankings import rank_hashtags
    from assets.evaluation.scorers import load_tagging_scorer
    from models.devices import choose_device

    key = _key(run)
    config = run.profile.evaluation
    photos = _tagged(run)
    if not len(photos):
        raise NotRun("no test photo has an image")
    scorer = load_tagging_scorer(key, run, photos.photo_ids, config, choose_device(run.settings.device))
    place_tags, other_tags = _tags_by_place(run)
    done = without = 0
    for part, (frame, no_places) in enumerate(rank_hashtags(scorer, photos, config.depth, place_tags, other_tags)):
        run.write("tagging_rankings", frame, part)
        run.write("tagging_rankings_no_places", no_places, part)
        done += frame.get_column("photo_id").n_unique()
        without += no_places.get_column("photo_id").n_unique()
        run.log.info("%s: %s of %s photos tagged", key, f"{done:,}", f"{len(photos):,}")
    run.note("tagging_rankings", {"photos": done, "depth": config.depth})
    run.note("tagging_rankings_no_places", {"photos": without, "hashtags": len(other_tags), "depth": config.depth})


@step(
    stage="evaluation",
    outputs=("retrieval_results",),
    reads=(
        Reads("retrieval_rankings", optional=True),
        Reads("retrieval_queries", optional=True),
        *_TEST_PHOTOS,
        Reads("vocabulary"),
    ),
    profile=("evaluation", "seed"),
    code_version="2",
    kinds={"polars", "parquet"},
    checks=(checks.same_queries_for_all, checks.upper_bound_highest, checks.precision_falls_with_distance),
)
def retrieval_results(run: Run) -> None:
    """Precision at 10 of every model, per granularity, in both averages, for all queries and for slices."""
    config, seed = run.profile.evaluation, run.profile.seed
    queries = run.frame("retrieval_queries")
    slices = query_slices(queries, read_test_photos(run), _tags_by_place(run)[0])
    columns = ("query_id", "rank", "photo_id", "distance_km", "has_tag")
    rows = []
    for key in RETRIEVAL_MODELS:
        if reason := why_no_rankings(run, "retrieval_rankings", key):
            rows.append(retrieval_not_run(key, reason, seed))
        else:
            rankings = run.frame("retrieval_rankings", columns, key)
            rows.append(retrieval_rows(key, rankings, queries, slices, config, seed))
    results = pl.concat(rows)
    run.write("retrieval_results", results)
    run.note("retrieval_results", retrieval_notes(results))


@step(
    stage="evaluation",
    outputs=("tagging_results",),
    reads=(
        Reads("tagging_rankings", optional=True),
        Reads("tagging_rankings_no_places", optional=True),
        *_TEST_PHOTOS,
        Reads("vocabulary"),
    ),
    profile=("evaluation", "seed"),
    code_version="2",
    kinds={"polars", "parquet"},
)
def tagging_results(run: Run) -> None:
    """Accuracy and diversity of every model's hashtags, for all test photos and for slices."""
    config, seed = run.profile.evaluation, run.profile.seed
    photos = _tagged(run)
    no_places = photos.only(_tags_by_place(run)[1])
    columns = ("photo_id", "rank", "tag_id", "is_correct")
    rows = []
    for key in TAGGING_MODELS:
        if reason := why_no_rankings(run, "tagging_rankings", key):
            rows.append(tagging_not_run(key, reason, seed))
        else:
            rankings = run.frame("tagging_rankings", columns, key)
            rows.append(tagging_rows(key, rankings, photos, config, seed))
            masked = run.frame("tagging_rankings_no_places", columns, key)
            rows.append(no_places_row(key, masked, no_places, config, seed))
    results = pl.concat(rows)
    run.write("tagging_results", results)
    run.note("tagging_results", tagging_notes(results))


def _key(run: Run) -> str:
    assert run.partition is not None
    return run.partition


def _tags_by_place(run: Run) -> tuple[Ids, Ids]:
    """Hashtags of the vocabulary that are names of places, and all others."""
    return tags_by_place(run.frame("vocabulary", ["tag_id", "is_place"]))


def _tagged(run: Run) -> TestPhotos:
    return photos_to_tag(read_test_photos(run), run.profile.evaluation)
