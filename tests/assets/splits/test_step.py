import logging

import polars as pl
import pyarrow as pa
import pytest
from given import open_given

from assets.base.execute import execute
from assets.base.profiles import Profile
from assets.base.profiles.sections.splits import SplitConfig
from assets.base.tables import TABLES
from assets.base.tables.photos import DUPLICATE_PHOTOS, GEOTAGGED_PHOTOS, VOCABULARY
from assets.splits.assets import photos

PROFILE = Profile(name="tiny", splits=SplitConfig(test_fraction=0.3, validation_fraction=0.2, max_tags=2))
VOCAB = pa.table(
    {
        "tag_id": [0, 1, 2],
        "tag": ["london", "art", "zoo"],
        "photos": [9, 8, 7],
        "users": [1, 1, 1],
        "is_place": [True, False, False],
    },
    schema=VOCABULARY.schema(),
)


def geotagged(*rows, user="ann") -> pa.Table:
    empty = dict.fromkeys(("taken_at", "title", "license", "download_url", "hash"))
    return pa.Table.from_pylist(
        [
            {
                "photo_id": i,
                "user_id": user,
                "tags": tags,
                "line_number": n,
                "latitude": 51.5,
                "longitude": 0.0,
            }
            | empty
            for n, (i, tags) in enumerate(rows)
        ],
        schema=GEOTAGGED_PHOTOS.schema(),
    )


def given(user="ann") -> dict:
    lost = [
        {"photo_id": 1, "shard_key": "a-00000", "kept": True},
        {"photo_id": 1, "shard_key": "a-00001", "kept": False},
    ]
    return {
        "geotagged_photos": {
            "a-00000": geotagged(*((i, ["zoo", "london"]) for i in range(1, 41)), (99, ["x"]), user=user),
            "a-00001": geotagged((1, ["art"]), (50, ["art", "zoo", "london"]), user=user),
        },
        "vocabulary": VOCAB,
        "duplicate_photos": pa.Table.from_pylist(lost, DUPLICATE_PHOTOS.schema()),
    }


@pytest.fixture
def open_workspace(storage_url, tmp_path):
    def open_over(given, profile, **settings):
        return open_given(photos, given, storage_url, tmp_path / "work", profile, **settings)

    return open_over


def go(workspace, shard):
    return execute(photos, workspace, shard, logging.getLogger("tests")).raise_if_failed()


def test_a_shard_is_split_and_accounted_for(open_workspace):
    workspace = open_workspace(given(), PROFILE)
    outcome = go(workspace, "a-00000")
    record = workspace.ledger.get("photos", "a-00000")
    assert sorted(file.path for file in record.files) == [
        f"tables/photos/split={split}/shard=a-00000/part-0.parquet" for split in ("test", "train", "validation")
    ]
    assert record.rows == 40
    assert workspace.ledger.get("unused_photos", "a-00000").rows == 1
    facts = record.facts
    assert facts["train"] + facts["validation"] + facts["test"] == 40
    assert (facts["no_vocabulary_tag"], facts["too_many_tags"], facts["duplicate"]) == (1, 0, 0)
    assert 0 < facts["validation"] < facts["train"]
    assert all(check.passed for check in outcome.checks["photos"])
    assert len(outcome.checks["photos"]) == 4


def test_a_shard_with_nothing_kept_has_three_typed_empty_files(open_workspace):
    workspace = open_workspace(given(), PROFILE)
    go(workspace, "a-00001")
    record = workspace.ledger.get("photos", "a-00001")
    assert [file.rows for file in record.files] == [0, 0, 0]
    for file in record.files:
        assert workspace.storage.read_table(file.path).schema.equals(TABLES["photos"].schema())
    (file,) = workspace.ledger.get("unused_photos", "a-00001").files
    assert workspace.storage.read_table(file.path).to_pylist() == [
        {"photo_id": 1, "reason": "duplicate"},
        {"photo_id": 50, "reason": "too_many_tags"},
    ]


def test_by_user_says_how_many_have_none(open_workspace, caplog):
    profile = Profile(name="tiny", splits=SplitConfig(split_by="user"))
    workspace = open_workspace(given(user=None), profile)
    go(workspace, "a-00000")
    assert "40 photos of shard a-00000 have no user" in caplog.text
    assert workspace.ledger.get("photos", "a-00000").facts["train"] == 40


def row(photo_id: int, tags=("london",), tag_ids=(0,)) -> dict:
    return {"photo_id": photo_id, "tags": list(tags), "tag_ids": list(tag_ids)}


@pytest.mark.parametrize(
    ("rows", "failing"),
    [
        ([row(1), row(2)], set()),
        ([row(1)], {"photos_add_up"}),
        ([row(2), row(2)], {"photos_add_up", "splits_disjoint"}),
        ([row(1, ["zoo"], [1]), row(2)], {"tag_ids_in_vocabulary"}),
        ([row(1, ["x"], [3]), row(2)], {"tag_ids_in_vocabulary"}),
        ([row(1, [], []), row(2)], {"tag_ids_in_vocabulary"}),
        ([row(1, ["london", "art", "zoo"], [0, 1, 2]), row(2)], {"tag_ids_in_vocabulary"}),
        ([row(1, ["art", "london"], [1, 0]), row(2)], {"tag_ids_in_vocabulary"}),
    ],
)
@pytest.mark.parametrize("lost", [[], [2]])
def test_checks_fail_on_what_they_are_for(rows, failing, lost):
    class Written:
        partition = "a-00000"
        profile = PROFILE

        def frame(self, asset, columns):
            tables = {
                "geotagged_photos": pa.table({"photo_id": [1, 2, 3]}),
                "unused_photos": pa.table({"photo_id": [3]}),
                "photos": pl.DataFrame(
                    rows,
                    schema={"photo_id": pl.Int64, "tags": pl.List(pl.String), "tag_ids": pl.List(pl.Int32)},
                ).to_arrow(),
                "vocabulary": VOCAB,
                "duplicate_photos": pa.Table.from_pylist(
                    [{"photo_id": i, "shard_key": "a-00000", "kept": False} for i in lost],
                    DUPLICATE_PHOTOS.schema(),
                ),
            }
            return pl.DataFrame(tables[asset].select(columns))

    used = {row["photo_id"] for row in rows}
    expected = failing | ({"no_lost_duplicates"} if used & set(lost) else set())
    assert {check.name for check in photos.checks if not check(Written()).passed} == expected
