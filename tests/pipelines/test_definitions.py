"""The graph as Dagster sees it: every asset of the contract, its partitions, group, schema, checks and conditions."""

from pathlib import Path

import dagster as dg
import pytest

from assets.base.keys import METHODS, RETRIEVAL_MODELS, TAGGING_MODELS, VARIANTS
from assets.base.partitions import SHARD, SOURCE_FILE
from assets.base.step import STAGES
from assets.base.tables import TABLES
from pipelines.build import build_defs

ROOT = Path(__file__).resolve().parents[2]

METHOD, VARIANT = dg.StaticPartitionsDefinition(METHODS), dg.StaticPartitionsDefinition(VARIANTS)
STUDY = ("study_runs", "study_retrieval_results", "study_tagging_results", "study_scores", "study_taggings")
CONTRACT: dict[str, dg.PartitionsDefinition | None] = {
    "source_files": SOURCE_FILE,
    **dict.fromkeys(
        [
            "raw_photos",
            "rejected_rows",
            "geotagged_photos",
            "dropped_photos",
            "tag_counts",
            "photos",
            "unused_photos",
            "images",
            "image_status",
            "image_embeddings_mcc",
            "image_embeddings_mlc",
            "image_embeddings_her",
        ],
        SHARD,
    ),
    **dict.fromkeys(
        [
            "duplicate_photos",
            "vocabulary",
            "skipped_tags",
            "image_survivorship",
            "word_vectors",
            "tag_embeddings_mcc",
            "tag_embeddings_mlc",
            "tag_embeddings_her",
            "retrieval_queries",
            "retrieval_results",
            "tagging_results",
            "world_properties",
            "claims",
            "claim_parts",
            "evaluation_report",
            "duckdb_catalog",
        ]
    ),
    **dict.fromkeys(STUDY, dg.StaticPartitionsDefinition(("0", "1", "2"))),
    "embedding_model": METHOD,
    "locsens_model": VARIANT,
    "retrieval_rankings": dg.StaticPartitionsDefinition(RETRIEVAL_MODELS),
    "tagging_rankings": dg.StaticPartitionsDefinition(TAGGING_MODELS),
    "tagging_rankings_no_places": dg.StaticPartitionsDefinition(TAGGING_MODELS),
}
PINNED = {"vocabulary", "skipped_tags", "embedding_model", "locsens_model", "world_properties", *STUDY}


@pytest.fixture(scope="module")
def specs() -> dict[str, dg.AssetSpec]:
    graph = build_defs().resolve_all_asset_specs()
    return {spec.key.to_user_string(): spec for spec in graph}


def test_every_asset_of_the_contract_is_there_with_its_partitions(specs) -> None:
    assert {name: spec.partitions_def for name, spec in specs.items()} == CONTRACT


def test_every_asset_says_what_it_is(specs) -> None:
    for name, spec in specs.items():
        assert spec.group_name in STAGES, name
        assert spec.owners == ["team:locsens"], name
        assert spec.description, name
        assert spec.code_version, name
        assert spec.kinds, name
        assert spec.tags["stage"] == spec.group_name, name
        assert (spec.tags.get("pinned") == "true") == (name in PINNED), name


def test_every_table_has_its_columns_described(specs) -> None:
    for name, table in TABLES.items():
        schema = specs[name].metadata["dagster/column_schema"]
        assert [column.name for column in schema.columns] == [column.name for column in table.columns]
        assert all(column.description for column in schema.columns), name


def test_column_lineage_points_at_columns_that_exist() -> None:
    for table in TABLES.values():
        for column in table.columns:
            for origin in column.origin:
                upstream, _, name = origin.partition(".")
                names = {one.name for one in TABLES[upstream].columns}
                assert name in names, f"{table.name}.{column.name} comes from {origin}"


def test_pinned_assets_have_no_condition_and_the_rest_fill_in_by_themselves(specs) -> None:
    for name, spec in specs.items():
        by_hand = name in PINNED or name in ("source_files", "raw_photos", "rejected_rows")
        assert (spec.automation_condition is None) == by_hand, name


def test_checks_that_must_block_do() -> None:
    checks = {
        check.name: check.blocking
        for definition in build_defs().resolve_asset_graph().assets_defs
        for check in definition.check_specs
    }
    blocking = {
        "rows_are_raw_or_rejected",
        "raw_photos_are_geotagged_or_dropped",
        "photos_add_up",
        "splits_disjoint",
        "tag_ids_contiguous",
        "tag_ids_in_vocabulary",
        "photo_ids_are_unique",
        "photo_ids_unique",
        "queries_have_test_images",
    }
    assert {name for name in blocking if not checks.get(name)} == set()


def test_everything_is_shipped_stopped() -> None:
    definitions = build_defs()
    assert {one.default_status for one in definitions.schedules} == {dg.DefaultScheduleStatus.STOPPED}
    assert {one.default_status for one in definitions.sensors} == {dg.DefaultSensorStatus.STOPPED}


def test_floors_import_downwards_only() -> None:
    def imports(folder: str) -> list[str]:
        lines = []
        for path in (ROOT / folder).rglob("*.py"):
            lines += [
                f"{path.relative_to(ROOT)}: {line.strip()}"
                for line in path.read_text().splitlines()
                if line.strip().startswith(("import ", "from "))
            ]
        return lines

    upstairs = [line for line in imports("models") if " assets" in line or " pipelines" in line or " dagster" in line]
    upstairs += [line for line in imports("assets") if " pipelines" in line.split(": ", 1)[1][:20]]
    stages = list(STAGES)
    upstairs += [
        line
        for line in imports("assets/base")
        if any(f"from assets.{stage}" in line or f"import assets.{stage}" in line for stage in stages)
    ]
    for place, stage in enumerate(stages):
        later = tuple(f"from assets.{other}" for other in stages[place + 1 :])
        upstairs += [line for line in imports(f"assets/{stage}") if any(one in line for one in later)]
    assert upstairs == []
