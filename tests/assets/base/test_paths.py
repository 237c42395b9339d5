"""Where outputs lie, and which folders are theirs alone."""

import pytest

from assets.base.paths import folder_of, own_folders
from assets.base.storage import Storage


@pytest.mark.parametrize(
    ("asset", "partition", "folders", "folder"),
    [
        ("vocabulary", None, {}, "tables/vocabulary"),
        ("images", "a-00000", {}, "tables/images/shard=a-00000"),
        ("photos", "a-00000", {"split": "test"}, "tables/photos/split=test/shard=a-00000"),
        ("retrieval_rankings", "mcc", {}, "tables/retrieval_rankings/model=mcc"),
        ("locsens_model", "tagging_raw", {}, "models/locsens_model/tagging_raw"),
        ("evaluation_report", None, {}, "reports"),
        ("duckdb_catalog", None, {}, ""),
    ],
)
def test_folders_of_the_contract(asset: str, partition: str | None, folders: dict[str, str], folder: str) -> None:
    assert folder_of(asset, partition, folders) == folder


def test_other_folders_than_the_contracts_are_refused() -> None:
    with pytest.raises(KeyError, match="table photos: expected folders"):
        folder_of("photos", "a-00000")


def test_folders_that_a_person_may_use_are_nobodys_alone(tmp_path) -> None:
    storage = Storage(str(tmp_path))
    assert own_folders(storage, "evaluation_report", None) == []
    assert own_folders(storage, "duckdb_catalog", None) == []
    assert own_folders(storage, "vocabulary", None) == ["tables/vocabulary"]
    storage.write_bytes("tables/photos/split=test/shard=a-00000/part-0.parquet", b"")
    assert own_folders(storage, "photos", "a-00000") == ["tables/photos/split=test/shard=a-00000"]
