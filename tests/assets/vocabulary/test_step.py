import logging

import polars as pl
import pyarrow as pa
import pytest
from given import open_given

from assets.base.execute import execute
from assets.base.freshness import judge
from assets.base.profiles import Profile
from assets.base.profiles.sections.vocabulary import VocabularyConfig
from assets.base.tables import TABLES
from assets.base.tables.photos import DUPLICATE_PHOTOS, GEOTAGGED_PHOTOS, TAG_COUNTS
from assets.base.word_vector_file import WordVectorError
from assets.vocabulary.assets import vocabulary
from assets.vocabulary.build import EmptyVocabularyError

PHOTOS = {
    "a-00000": [("ann", ["canon", "london"]), ("bob", ["canon", "london", "zzz"]), ("bob", ["canon", "art"])],
    "a-00001": [("eve", ["canon", "london", "b52"]), (None, ["art"])],
}


def geotagged(rows) -> pa.Table:
    first = {"taken_at": None, "title": None, "latitude": 1.0, "longitude": 2.0, "license": None}
    last = {"download_url": None, "hash": None}
    return pa.Table.from_pylist(
        [
            {"photo_id": i, "user_id": user, "tags": tags, "line_number": i + 1} | first | last
            for i, (user, tags) in enumerate(rows)
        ],
        schema=GEOTAGGED_PHOTOS.schema(),
    )


def counts(rows) -> pa.Table:
    tags = pl.Series([tag for _, tags in rows for tag in tags], dtype=pl.String).value_counts(name="photos")
    return TAG_COUNTS.conform(tags.rename({tags.columns[0]: "tag"}).to_arrow())


def profile(**changes) -> Profile:
    return Profile(name="tiny", vocabulary=VocabularyConfig(**{"skip_most_frequent": 1} | changes))


@pytest.fixture
def given():
    return {
        "tag_counts": {shard: counts(rows) for shard, rows in PHOTOS.items()},
        "geotagged_photos": {shard: geotagged(rows) for shard, rows in PHOTOS.items()},
        "duplicate_photos": DUPLICATE_PHOTOS.empty(),
    }


@pytest.fixture
def open_workspace(storage_url, tmp_path):
    def open_over(given, profile, **settings):
        return open_given(vocabulary, given, storage_url, tmp_path / "work", profile, **settings)

    return open_over


def rows_of(workspace, asset) -> list[dict]:
    return workspace.storage.read_table(workspace.ledger.get(asset).files[0].path).to_pylist()


def test_vocabulary_and_skipped_tags(open_workspace, given, caplog):
    workspace = open_workspace(given, profile())
    outcome = execute(vocabulary, workspace, None, logging.getLogger("tests")).raise_if_failed()
    assert rows_of(workspace, "vocabulary") == [
        {"tag_id": 0, "tag": "london", "photos": 3, "users": 3, "is_place": True},
        {"tag_id": 1, "tag": "art", "photos": 2, "users": 1, "is_place": False},
        {"tag_id": 2, "tag": "zzz", "photos": 1, "users": 1, "is_place": False},
    ]
    assert rows_of(workspace, "skipped_tags") == [{"rank": 0, "tag": "canon", "photos": 4}]
    assert outcome.records["vocabulary"].facts == {
        "distinct_tags": 5, "with_a_digit": 1, "on_too_few_photos": 0,
        "skipped_as_most_frequent": 1, "beyond_size": 0,
    }  # fmt: skip
    assert {check.name for check in outcome.checks["vocabulary"]} == {
        "tag_ids_contiguous", "tags_unique", "most_frequent_first",
    }  # fmt: skip
    assert "3 hashtags where 100,000 were asked for" in caplog.text
    assert outcome.notes["vocabulary"]["frequency"].data.startswith(b"\x89PNG")
    assert judge(vocabulary, workspace, None).state == "fresh"


def test_a_photo_in_two_shards_counts_once(open_workspace, given):
    rows = [(0, "a-00000", True), (0, "a-00001", False)]
    given["duplicate_photos"] = pa.Table.from_pylist(
        [dict(zip(DUPLICATE_PHOTOS.schema().names, row, strict=True)) for row in rows], DUPLICATE_PHOTOS.schema()
    )
    workspace = open_workspace(given, profile(forbid_digits=False))
    execute(vocabulary, workspace, None, logging.getLogger("tests")).raise_if_failed()
    # Eve's photo is the first of its shard and Ann's in the other, which is kept.
    assert [(row["tag"], row["photos"], row["users"]) for row in rows_of(workspace, "vocabulary")] == [
        ("art", 2, 1), ("london", 2, 2), ("zzz", 1, 1),
    ]  # fmt: skip
    assert rows_of(workspace, "skipped_tags") == [{"rank": 0, "tag": "canon", "photos": 3}]
    assert workspace.ledger.get("vocabulary").facts["distinct_tags"] == 4


def test_word_vectors_are_a_rule_and_an_input(open_workspace, given, tmp_path):
    file = tmp_path / "vectors.txt"
    file.write_text("London 1 2\nart 3 4\ncanon 5 6\n")
    workspace = open_workspace(given, profile(), word_vectors=str(file))
    execute(vocabulary, workspace, None, logging.getLogger("tests")).raise_if_failed()
    assert [row["tag"] for row in rows_of(workspace, "vocabulary")] == ["london", "art"]
    assert workspace.ledger.get("vocabulary").facts["without_word_vector"] == 1
    assert judge(vocabulary, workspace, None).state == "fresh"
    file.write_text("London 1 2\nart 3 4\ncanon 5 6\nzzz 7 8\n")
    assert judge(vocabulary, workspace, None).state == "older"


def test_a_missing_word_vector_file_stops(open_workspace, given, tmp_path):
    workspace = open_workspace(given, profile(), word_vectors=str(tmp_path / "none.txt"))
    with pytest.raises(WordVectorError, match=r"LOCSENS_WORD_VECTORS.*no such file"):
        execute(vocabulary, workspace, None, logging.getLogger("tests"))
    several = open_workspace(given, profile(), word_vectors=str(tmp_path / "*.txt"))
    for name in ("x.txt", "y.txt"):
        (tmp_path / name).write_text("art 1\n")
    with pytest.raises(WordVectorError, match="expected one file, found several"):
        judge(vocabulary, several, None)


def test_nothing_left_stops_and_leaves_no_record(open_workspace, given):
    workspace = open_workspace(given, profile(skip_most_frequent=10))
    with pytest.raises(EmptyVocabularyError):
        execute(vocabulary, workspace, None, logging.getLogger("tests"))
    assert workspace.ledger.get("vocabulary") is None


@pytest.mark.parametrize(
    ("table", "failing"),
    [
        ([(0, "a", 5), (2, "b", 4)], "tag_ids_contiguous"),
        ([], "tag_ids_contiguous"),
        ([(0, "a", 5), (1, "a", 4)], "tags_unique"),
        ([(0, "canon", 5)], "tags_unique"),
        ([(0, "a", 4), (1, "b", 5)], "most_frequent_first"),
        ([(0, "a", 50)], "most_frequent_first"),
    ],
)
def test_checks_fail_on_what_they_are_for(table, failing):
    class Written:
        def table(self, asset, columns):
            if asset == "skipped_tags":
                return pa.table({"rank": [0], "tag": ["canon"], "photos": [9]}).select(columns)
            rows = [{"tag_id": i, "tag": tag, "photos": n, "users": 1, "is_place": False} for i, tag, n in table]
            return pa.Table.from_pylist(rows, TABLES["vocabulary"].schema()).select(columns)

    assert {check.name for check in vocabulary.checks if not check(Written()).passed} == {failing}
