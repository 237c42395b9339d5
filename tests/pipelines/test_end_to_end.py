"""The tiny graph through Dagster: everything that the contract fixes, on what was really made."""

import json
import re
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest
from safetensors.numpy import load as load_safetensors
from tiny_collection import ON_REQUEST, Tiny

from assets.base.keys import METHODS, RETRIEVAL_MODELS, SIGMAS, TAGGING_MODELS, VARIANTS
from assets.base.tables import TABLES
from assets.ingestion.world.generate import ensure_world
from pipelines.planner import survey

pytestmark = pytest.mark.timeout(900)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def catalog(tiny: Tiny):
    with duckdb.connect(str(Path(tiny.settings.storage) / "locsens.duckdb"), read_only=True) as connection:
        yield connection


def one(catalog, query: str):
    return catalog.execute(query).fetchone()


def rows(catalog, query: str) -> list[tuple]:
    return catalog.execute(query).fetchall()


def test_everything_was_made_and_nothing_failed(tiny: Tiny) -> None:
    assert tiny.report.failed == {}
    assert tiny.report.left == []
    standing = survey(tiny.workspace())
    assert (standing.made, standing.left) == ([], [])
    assert standing.fresh == len(tiny.report.made)


def test_every_row_is_accounted_for(catalog) -> None:
    files, raw, rejected = one(
        catalog,
        "SELECT (SELECT sum(rows) FROM source_files), (SELECT count(*) FROM raw_photos), "
        "(SELECT count(*) FROM rejected_rows)",
    )
    geotagged, dropped = one(
        catalog, "SELECT (SELECT count(*) FROM geotagged_photos), (SELECT count(*) FROM dropped_photos)"
    )
    photos, unused = one(catalog, "SELECT (SELECT count(*) FROM photos), (SELECT count(*) FROM unused_photos)")
    statuses, images = one(catalog, "SELECT (SELECT count(*) FROM image_status), (SELECT count(*) FROM images)")
    assert files == raw + rejected == 4_300
    assert raw == geotagged + dropped
    assert geotagged == photos + unused
    assert photos == statuses
    assert images == one(catalog, "SELECT count(*) FROM image_status WHERE status = 'ok'")[0] > 0
    for method in METHODS:
        assert one(catalog, f"SELECT count(*) FROM image_embeddings_{method}")[0] == images


def test_the_ledger_of_the_world_is_found_again(tiny: Tiny, catalog) -> None:
    workspace = tiny.workspace()
    ledger = ensure_world(workspace.profile.world, workspace.scratch / "worlds").ledger

    def counted(column: str, table: str) -> dict[str, int]:
        return dict(rows(catalog, f"SELECT {column}, count(*) FROM {table} GROUP BY {column}"))

    assert one(catalog, "SELECT count(*) FROM rejected_rows")[0] == ledger.rejected
    assert counted("reason", "dropped_photos") == ledger.dropped
    assert one(catalog, "SELECT count(*) FROM geotagged_photos")[0] == ledger.geotagged
    assert one(catalog, "SELECT count(DISTINCT photo_id) FROM duplicate_photos")[0] == ledger.duplicates
    for defect in ledger.defects:
        if defect.detectable and defect.table == "image_status":
            found = rows(
                catalog,
                f"SELECT DISTINCT status FROM image_status WHERE list_contains({defect.photo_ids}, photo_id)",
            )
            assert {status for (status,) in found} <= {defect.reason}, defect.name


def test_splits_are_disjoint_and_ids_unique(catalog) -> None:
    assert one(catalog, "SELECT count(*) - count(DISTINCT photo_id) FROM photos")[0] == 0
    assert {split for (split,) in rows(catalog, "SELECT DISTINCT split FROM photos")} == {
        "train",
        "validation",
        "test",
    }


def test_every_view_has_the_columns_of_the_contract_and_answers(catalog) -> None:
    for name, table in TABLES.items():
        relation = catalog.execute(f'SELECT * FROM "{name}" LIMIT 1')
        columns = [column[0] for column in relation.description]
        assert set(columns) == {*(column.name for column in table.columns), *table.folders}, name
        if name in ON_REQUEST:
            assert relation.fetchone() is None, name
        elif name not in ("rejected_rows", "duplicate_photos", "unused_photos", "skipped_tags"):
            assert relation.fetchone() is not None, name
    assert {method for (method,) in rows(catalog, "SELECT DISTINCT method FROM image_embeddings")} == set(METHODS)


def test_models_are_safetensors_beside_their_config(tiny: Tiny) -> None:
    models = Path(tiny.settings.storage) / "models"
    for method in METHODS:
        assert load_safetensors((models / "embedding_model" / method / "weights.safetensors").read_bytes())
        assert json.loads((models / "embedding_model" / method / "config.json").read_text())
    for variant in VARIANTS:
        folder = models / "locsens_model" / variant
        stages = {f"weights_sigma_{sigma}.safetensors" for sigma in SIGMAS} if "sampling" in variant else set()
        assert {path.name for path in folder.iterdir()} == {
            "weights.safetensors",
            "config.json",
            "curve.parquet",
            "tensorboard",
            *stages,
        }


def test_queries_and_rankings_are_those_of_the_contract(catalog) -> None:
    kinds = dict(rows(catalog, "SELECT kind, count(*) FROM retrieval_queries GROUP BY kind"))
    assert kinds["photo"] == 60
    assert kinds["tag"] > 0
    assert one(catalog, "SELECT count(*) FROM retrieval_queries WHERE (kind = 'tag') <> (latitude IS NULL)")[0] == 0
    assert {model for (model,) in rows(catalog, "SELECT DISTINCT model FROM retrieval_rankings")} == set(
        RETRIEVAL_MODELS
    )
    assert {model for (model,) in rows(catalog, "SELECT DISTINCT model FROM tagging_rankings")} == set(TAGGING_MODELS)
    placeless = {
        model
        for (model,) in rows(
            catalog,
            "SELECT DISTINCT model FROM retrieval_rankings JOIN retrieval_queries USING (query_id) WHERE kind = 'tag'",
        )
    }
    assert placeless == {"upper_bound", "mcc", "mlc", "her", "locsens_zeroed"}
    short = one(
        catalog,
        """
        SELECT count(*) FROM (
            SELECT q.query_id FROM retrieval_queries q
            JOIN photos p ON p.split = 'test' AND list_contains(p.tag_ids, q.tag_id)
            JOIN image_status s ON s.photo_id = p.photo_id AND s.status = 'ok'
            GROUP BY q.query_id HAVING count(*) < 10
        )
        """,
    )
    assert short[0] == 0


def test_results_hold_both_averages_and_only_what_is_defined(catalog) -> None:
    figures = pl.DataFrame(
        rows(catalog, "SELECT model, average, granularity, precision_at_10 FROM retrieval_results WHERE slice = 'all'"),
        schema=["model", "average", "granularity", "precision"],
        orient="row",
    )
    by_query = figures.filter(pl.col("average") == "query")
    assert set(by_query["granularity"]) == {"agnostic", "continent", "country", "region", "city", "street"}
    assert set(by_query["model"]) == set(RETRIEVAL_MODELS)
    assert by_query.height == len(RETRIEVAL_MODELS) * 6
    by_tag = figures.filter(pl.col("average") == "tag")
    assert set(by_tag["granularity"]) == {"agnostic"}
    assert set(by_tag["model"]) == {"upper_bound", "mcc", "mlc", "her", "locsens_zeroed"}
    assert by_query.filter((pl.col("model") == "upper_bound") & (pl.col("granularity") == "agnostic"))[
        "precision"
    ].to_list() == [100.0]


def test_the_readmes_queries_answer(catalog) -> None:
    queries = re.findall(r"```sql\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(queries) == 6
    for query in queries:
        assert rows(catalog, query), query


def test_macros_measure_in_km(catalog) -> None:
    berlin_paris, near = one(
        catalog,
        "SELECT distance_km(52.52, 13.405, 48.8566, 2.3522), near(52.52, 13.405, 52.4, 13.06, 30)",
    )
    assert berlin_paris == pytest.approx(879.7, abs=2)
    assert near is True


def test_the_instance_shows_lineage_versions_and_figures(tiny: Tiny) -> None:
    with tiny.instance() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("photos"))
        metadata = event.asset_materialization.metadata
        assert metadata["dagster/partition_row_count"].value > 0
        lineage = metadata["dagster/column_lineage"].value.deps_by_column
        assert [dep.column_name for dep in lineage["tag_ids"]] == ["tags", "tag_id"]
        assert "data:image/png" in metadata["map"].value
        tags = event.asset_materialization.tags
        assert tags["dagster/code_version"] == tiny.workspace().steps.maker("photos").code_version
        assert tags["dagster/data_version"]
        workspace = tiny.workspace()
        for shard in workspace.keys("shard"):
            raw = instance.get_latest_data_version_record(dg.AssetKey("raw_photos"), partition_key=shard)
            assert raw is not None
        assert set(instance.get_dynamic_partitions("shard")) == set(workspace.keys("shard"))
        runs = instance.get_runs()
        assert {run.status for run in runs} == {dg.DagsterRunStatus.SUCCESS}


def test_the_report_is_one_file(tiny: Tiny) -> None:
    reports = Path(tiny.settings.storage) / "reports"
    assert [path.name for path in reports.iterdir()] == ["index.html"]
    page = (reports / "index.html").read_text()
    assert not re.search(r"""(?:src|href)=["']https?://[^"']+\.(?:js|css|png|jpg|svg|woff2?)""", page)


def test_the_story_names_every_output(tiny: Tiny) -> None:
    assert "74 outputs made, 0 were up to date, 0 failed" in tiny.story
