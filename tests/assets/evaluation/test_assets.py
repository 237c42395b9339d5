"""The steps of evaluation from embeddings to results, without Dagster."""

import polars as pl
import pytest

from assets.base.checks import BlockingCheckError
from assets.base.keys import PLACELESS, RETRIEVAL_MODELS, TAGGING_MODELS
from assets.base.tables import TABLES
from assets.evaluation import checks
from assets.evaluation.candidates import read_test_photos
from models.geography import distance_km


def run_all(world):
    outcomes = {"retrieval_queries": world.make("retrieval_queries").raise_if_failed()}
    for key in RETRIEVAL_MODELS:
        outcomes[f"retrieval_rankings:{key}"] = world.make("retrieval_rankings", key).raise_if_failed()
    for key in TAGGING_MODELS:
        outcomes[f"tagging_rankings:{key}"] = world.make("tagging_rankings", key).raise_if_failed()
    for name in ("retrieval_results", "tagging_results"):
        outcomes[name] = world.make(name).raise_if_failed()
    return outcomes


@pytest.fixture(scope="module")
def done(open_world_in, tmp_path_factory):
    """A world with everything of evaluation materialised; not to be changed."""
    world = open_world_in(tmp_path_factory.mktemp("done"))
    return world, run_all(world)


def test_every_model_is_ranked_and_judged(done):
    world, outcomes = done
    photos = read_test_photos(world)
    queries = pl.from_arrow(world.read("retrieval_queries"))
    by_photo = queries.filter(kind="photo")
    for key in RETRIEVAL_MODELS:
        table = pl.from_arrow(world.read("retrieval_rankings", key))
        assert world.files("retrieval_rankings", key)[0].startswith(f"tables/retrieval_rankings/model={key}/")
        assert (table["rank"].min(), table["rank"].max()) == (1, 15)
        asked = queries if key in PLACELESS else by_photo
        known = asked.filter(pl.col("tag_id") != 3) if key == "her" else asked
        assert table["query_id"].unique().sort().to_list() == known["query_id"].to_list()
        first = table.join(queries, on="query_id").filter(kind="photo").row(0, named=True)
        at = photos.positions(first["photo_id"]).item()
        assert first["distance_km"] == pytest.approx(
            distance_km(first["latitude"], first["longitude"], *photos.places[at]).item()
        )
        assert first["has_tag"] == photos.carry(at, first["tag_id"]).item()
        assert table.join(queries.filter(kind="tag"), on="query_id")["distance_km"].null_count() == (
            15 * queries.filter(kind="tag").height
            if key in PLACELESS and key not in ("her", "upper_bound")
            else table.join(queries.filter(kind="tag"), on="query_id").height
        )

    results = pl.from_arrow(world.read("retrieval_results"))
    assert results["model"].unique(maintain_order=True).to_list() == list(RETRIEVAL_MODELS)
    everything = results.filter(slice="all", average="query")
    assert everything["queries"].unique().to_list() == [by_photo.height]
    assert everything.group_by("model").len()["len"].unique().to_list() == [6]
    by_tag = results.filter(slice="all", average="tag")
    assert by_tag["model"].to_list() == list(PLACELESS)
    assert by_tag["granularity"].unique().to_list() == ["agnostic"]
    oracle = results.filter(model="upper_bound", slice="all", granularity="agnostic")
    assert oracle["precision_at_10"].to_list() == [100.0, 100.0]
    assert results["seed"].unique().to_list() == [7]
    assert {"continent:EU", "continent:NA", "frequency:1", "frequency:3"} <= set(results["slice"])
    her = results.filter(model="her", slice="all", granularity="agnostic", average="query")
    assert "hashtag that the model does not know" in her["note"].item()

    tagging = pl.from_arrow(world.read("tagging_results")).filter(slice="all")
    assert tagging["model"].to_list() == list(TAGGING_MODELS)
    assert tagging["photos"].unique().to_list() == [len(photos)]
    by_slice = pl.from_arrow(world.read("tagging_results")).filter(slice="no_places")
    assert by_slice["model"].to_list() == list(TAGGING_MODELS)
    masked = pl.from_arrow(world.read("tagging_rankings_no_places", "mcc"))
    (row,) = by_slice.filter(model="mcc").rows(named=True)
    right = masked.filter(pl.col("rank") <= 10).group_by("photo_id").agg(pl.col("is_correct").any())["is_correct"]
    assert (row["photos"], row["accuracy_at_10"]) == (right.len(), pytest.approx(100 * right.mean()))
    assert row["accuracy_at_1"] == pytest.approx(100 * masked.filter(rank=1)["is_correct"].mean())
    assert {"no_places", "no_self"} <= set(results["slice"])
    own = results.filter(model="upper_bound", slice="no_self", average="query")
    # Photos of this world are all far from each other: but for the query's own one nothing is within a km.
    assert own.filter(granularity="street")["precision_at_10"].item() == 0.0
    assert "![" in outcomes["retrieval_results"].notes["retrieval_results"]["figure"].markdown()
    assert "| locsens_raw |" in outcomes["retrieval_results"].notes["retrieval_results"]["results"].text
    assert "| frequency |" in outcomes["tagging_results"].notes["tagging_results"]["results"].text


def test_the_same_again_is_the_same_and_costs_nothing(done):
    world, outcomes = done
    assert all(outcome.unchanged for outcome in run_all(world).values())
    for asset, key in (
        ("retrieval_queries", None),
        ("retrieval_rankings", "locsens_raw"),
        ("tagging_rankings", "mlc"),
    ):
        before = outcomes[asset if key is None else f"{asset}:{key}"].records[asset]
        assert world.make(asset, key, force=True).records[asset].data_version == before.data_version


def test_a_model_reads_only_what_it_needs(done):
    _, outcomes = done

    def reads(step):
        record = outcomes[step].records[step.partition(":")[0]]
        return {
            f"{one.asset}:{one.partition}" if one.partition and "shard" not in str(one.asset) else one.asset
            for one in record.inputs
            if one.asset.startswith(("image_emb", "tag_emb", "locsens", "vocab"))
        }

    shards = ("world-00000", "world-00001")
    mcc = {*(f"image_embeddings_mcc:{shard}" for shard in shards), "tag_embeddings_mcc"}
    assert reads("retrieval_rankings:upper_bound") == set()
    assert reads("retrieval_rankings:mcc") == mcc
    assert reads("retrieval_rankings:locsens_raw") == {*mcc, "locsens_model:retrieval_raw"}
    assert reads("retrieval_rankings:locsens_sampling_0.05") == {*mcc, "locsens_model:retrieval_sampling"}
    assert reads("tagging_rankings:locsens_raw") == {*mcc, "locsens_model:tagging_raw", "vocabulary"}
    assert reads("tagging_rankings:frequency") == {"vocabulary"}
    assert reads("tagging_rankings:mcc_cosine") == {*mcc, "vocabulary"}


def test_a_method_that_is_not_run_has_one_row_that_says_why(open_evaluated):
    world = open_evaluated(without_methods=("her",))
    run_all(world)
    for asset in ("retrieval_rankings", "tagging_rankings"):
        record = world.workspace.ledger.get(asset, "her")
        assert (record.status, record.rows) == ("not_run", 0)
        assert world.read(asset, "her").schema.equals(TABLES[asset].schema())
    results = pl.from_arrow(world.read("retrieval_results"))
    (row,) = results.filter(model="her").rows(named=True)
    assert (row["precision_at_10"], row["queries"]) == (None, 0)
    assert "no word vectors are set" in row["note"]
    (row,) = pl.from_arrow(world.read("tagging_results")).filter(model="her").rows(named=True)
    assert (row["accuracy_at_1"], row["photos"]) == (None, 0)
    assert results.filter(model="mcc")["note"].null_count() == results.filter(model="mcc").height


def test_nothing_to_ask_for_is_not_run_all_the_way(open_evaluated):
    world = open_evaluated(min_test_images=1000)
    run_all(world)
    record = world.workspace.ledger.get("retrieval_queries")
    assert record.status == "not_run"
    assert "no hashtag is on 1000 or more of" in record.reason
    results = pl.from_arrow(world.read("retrieval_results"))
    assert results["model"].to_list() == list(RETRIEVAL_MODELS)
    assert results["precision_at_10"].null_count() == len(RETRIEVAL_MODELS)


def test_models_not_materialised_yet_are_said_to_be(open_evaluated):
    world = open_evaluated()
    for step, key in (
        ("retrieval_queries", None),
        ("retrieval_rankings", "mcc"),
        ("retrieval_results", None),
    ):
        world.make(step, key).raise_if_failed()
    results = pl.from_arrow(world.read("retrieval_results"))
    assert results.filter(model="her")["note"].to_list() == ["not materialised yet"]
    assert results.filter(model="mcc", slice="all").height == 7


def test_rankings_of_other_queries_are_never_joined_with_these(open_evaluated):
    world = open_evaluated()
    world.make("retrieval_queries")
    world.make("retrieval_rankings", "mcc")
    profile = world.workspace.profile
    others = profile.evaluation.model_copy(update={"seed": profile.evaluation.seed + 1})
    world.workspace.profile = profile.model_copy(update={"evaluation": others})
    world.make("retrieval_queries")
    world.make("retrieval_rankings", "mlc")
    world.make("retrieval_results")
    results = pl.from_arrow(world.read("retrieval_results"))
    (row,) = results.filter(model="mcc").rows(named=True)
    assert (row["precision_at_10"], row["queries"]) == (None, 0)
    assert "other queries" in row["note"]
    assert results.filter(model="mlc", slice="all")["precision_at_10"].null_count() == 0


class Written:
    """A run's view of tables made by the test."""

    def __init__(self, world, partition=None, **tables) -> None:
        self.profile = world.workspace.profile
        self.storage = world.storage
        self.partition = partition
        self.files = world.files
        self._tables = tables

    def frame(self, asset, columns):
        return self._tables[asset].select(columns)

    def scan(self, asset):
        return self._tables[asset].lazy()


def test_checks_fail_on_what_they_are_for(done):
    world, _ = done
    queries = pl.from_arrow(world.read("retrieval_queries"))
    rankings = pl.from_arrow(world.read("retrieval_rankings", "mcc"))
    results = pl.from_arrow(world.read("retrieval_results"))
    good = Written(
        world,
        "mcc",
        retrieval_queries=queries,
        retrieval_rankings=rankings,
        retrieval_results=results,
        tagging_rankings=pl.from_arrow(world.read("tagging_rankings", "mcc")),
        tagging_rankings_no_places=pl.from_arrow(world.read("tagging_rankings_no_places", "mcc")),
        vocabulary=pl.from_arrow(world.read("vocabulary")),
    )

    def failing(**tables):
        written = Written(world, "mcc", **{**good._tables, **tables})
        every = [one for one in vars(checks).values() if isinstance(one, type(checks.retrieval_ranks_contiguous))]
        assert len(every) == 9
        return {one.name for one in every if not one(written).passed}

    assert failing() == set()
    tag = queries["tag_id"].dtype
    assert failing(retrieval_queries=queries.with_columns(tag_id=pl.lit(11, tag))) == {"queries_have_test_images"}
    assert failing(retrieval_queries=queries.with_columns(pl.col("query_id") + (pl.col("query_id") > 3))) >= {
        "query_ids_contiguous"
    }
    assert failing(retrieval_queries=queries.with_columns(latitude=pl.lit(None, pl.Float64))) == {
        "query_ids_contiguous"
    }
    assert failing(retrieval_rankings=rankings.filter(pl.col("rank") != 2)) == {"retrieval_ranks_contiguous"}
    assert failing(retrieval_rankings=rankings.with_columns(photo_id=pl.lit(1))) == {"retrieval_ranks_contiguous"}
    assert failing(retrieval_rankings=rankings.filter(pl.col("query_id") != 0)) == {"photo_queries_ranked"}
    tagged = good._tables["tagging_rankings"]
    assert failing(tagging_rankings=tagged.filter(pl.col("rank") > 1)) == {"tagging_ranks_contiguous"}
    masked = good._tables["tagging_rankings_no_places"]
    assert failing(tagging_rankings_no_places=masked.filter(pl.col("rank") > 1)) == {"no_places_ranked"}
    assert failing(tagging_rankings_no_places=tagged) == {"no_places_ranked"}
    mcc_wins = pl.when(pl.col("model") == "mcc").then(100.0).otherwise("precision_at_10")
    assert failing(retrieval_results=results.with_columns(precision_at_10=mcc_wins)) == {"upper_bound_highest"}
    assert failing(retrieval_results=results.filter(pl.col("model") != "mlc")) == {"same_queries_for_all"}
    fewer = pl.col("queries") - (pl.col("model") == "mcc").cast(pl.Int64)
    assert failing(retrieval_results=results.with_columns(queries=fewer)) == {"same_queries_for_all"}
    upside_down = pl.when(pl.col("granularity") == "agnostic").then(0.0).otherwise("precision_at_10")
    assert "precision_falls_with_distance" in failing(
        retrieval_results=results.with_columns(precision_at_10=upside_down)
    )


def test_a_broken_ranking_is_not_published(open_evaluated, monkeypatch):
    from assets.evaluation import rankings

    world = open_evaluated()
    world.make("retrieval_queries")
    honest = rankings.rank_queries

    def losing(*args, **options):
        for frame in honest(*args, **options):
            yield frame.filter(pl.col("query_id") > 0)

    monkeypatch.setattr(rankings, "rank_queries", losing)
    with pytest.raises(BlockingCheckError, match="photo_queries_ranked: 1 of"):
        world.make("retrieval_rankings", "mcc").raise_if_failed()
    assert world.workspace.ledger.get("retrieval_rankings", "mcc") is None
