"""The command line as a person uses it: what it prints, and one sentence for everything that a person can mend."""

import bz2
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow.parquet as pq
import pytest
from given_sources import write_database
from tiny_collection import Tiny
from typer.testing import CliRunner

from assets.base.settings import Settings
from assets.ingestion.copies import copy_folder
from assets.ingestion.sources import source_file_key
from pipelines.build import open_workspace
from pipelines.cli import app

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).resolve().parents[2]
WORDS = tuple(f"word{letter}" for letter in "abcdefghijklmnopqrst")


class Said(NamedTuple):
    """What a command line gave back: exit code, all it printed, and standard error alone."""

    code: int
    text: str
    error: str


Locsens = Callable[..., Said]


def row(photo_id: int, columns: int = 23, place: str = "2.5\t-3.5", tags: str = ",".join(WORDS)) -> str:
    text = f"{photo_id}\tu\tn\t\t\t\tt\t\t{tags}\t\t{place}\t16\tp\tfile:///no/{photo_id}.jpg\tCC\t\t\t\t\t\tjpg\t0"
    return text + "\t" * (columns - 23) + "\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of metadata with thirty photos."""
    path = tmp_path / "photos.tsv"
    path.write_text("".join(row(number) for number in range(30)))
    return path


@pytest.fixture
def locsens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Locsens:
    """Runs the command line in a folder of its own; keyword arguments are settings.

    A stack trace fails the test.
    """
    for name in [name for name in os.environ if name.startswith("LOCSENS_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    defaults = {"storage": "data", "profile": "tiny", "source": "photos.tsv", "work": "work", "device": "cpu"}

    def run(*words: str, **settings: object) -> Said:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (defaults | settings).items():
                patch.setenv(f"LOCSENS_{name.upper()}", str(value))
            result = CliRunner().invoke(app, words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "Traceback" not in result.output
        assert "Stack Trace" not in result.output
        return Said(result.exit_code, result.output, result.stderr)

    return run


def refused(said: Said, sentence: str) -> None:
    """Exit code 2, and nothing but one sentence on standard error."""
    assert said.code == 2, said.text
    lines = said.error.strip().splitlines()
    assert len(lines) == 1, said.error
    assert lines[0].startswith("locsens: ")
    assert re.search(sentence, lines[0]), lines[0]


# Settings


def test_an_unknown_setting(locsens: Locsens, source: Path) -> None:
    refused(locsens("status", sauce="x"), r"LOCSENS_SAUCE: unknown setting; known are LOCSENS_DEVICE, .*LOCSENS_WORK")


def test_an_unknown_setting_in_the_file(locsens: Locsens, source: Path, tmp_path: Path) -> None:
    (tmp_path / "locsens.toml").write_text('sauce = "x"\n')
    refused(locsens("status"), "sauce: unknown setting; known are device, ")


def test_a_file_of_settings_that_is_no_toml(locsens: Locsens, source: Path, tmp_path: Path) -> None:
    (tmp_path / "locsens.toml").write_text("storage = \n")
    refused(locsens("status"), r"locsens\.toml: expected TOML, .*line 1")


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("profile", "huge", "LOCSENS_PROFILE: input should be 'tiny', 'sample', 'collection' or 'paper', found 'huge'"),
        ("device", "tpu", "LOCSENS_DEVICE: .*found 'tpu'"),
        ("executor", "cloud", "LOCSENS_EXECUTOR: .*found 'cloud'"),
        ("storage", "", "LOCSENS_STORAGE: .*at least 1 character"),
    ],
)
def test_an_impossible_setting(locsens: Locsens, source: Path, setting: str, value: str, sentence: str) -> None:
    for command in ("materialize", "status", "doctor", "home"):
        refused(locsens(command, **{setting: value}), sentence)


def test_a_last_stage_that_does_not_exist(locsens: Locsens, source: Path) -> None:
    refused(locsens("materialize", "--to", "moon"), "--to moon: unknown stage, expected one of ingestion, vocabulary")


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("moon", "--refresh moon: no such asset; expected vocabulary, models, an asset or asset:partition"),
        (
            "locsens_model:moon",
            "--refresh locsens_model:moon: locsens_model has no partition 'moon'; it has retrieval_",
        ),
        ("photos:moon", "--refresh photos:moon: photos has no partition 'moon'; it has none"),
    ],
)
def test_a_refresh_of_what_does_not_exist(locsens: Locsens, source: Path, word: str, sentence: str) -> None:
    refused(locsens("materialize", "--refresh", word), sentence)


# The source


def test_a_source_that_is_not_there(locsens: Locsens) -> None:
    refused(locsens("materialize"), r"source file:///.*/photos\.tsv: there is no such file")


def test_a_server_that_does_not_answer(locsens: Locsens) -> None:
    refused(
        locsens("materialize", source="http://user:secret@127.0.0.1:9/x.tsv?token=secret"),
        r"^(?!.*secret).*source http://127\.0\.0\.1:9/x\.tsv cannot be reached",
    )


def test_a_pattern_that_matches_nothing(locsens: Locsens) -> None:
    refused(locsens("materialize", source="*.bz2"), r"source file:///.*/\*\.bz2: the pattern matches nothing")


@pytest.mark.parametrize("name", ["fotos-[ab].tsv", "[/red]fotos.tsv", "fotos:moon:.tsv"])
def test_a_name_is_printed_as_it_is(locsens: Locsens, name: str) -> None:
    """Rich would take brackets for its markup, and words between colons for a picture."""
    refused(locsens("materialize", source=name), re.escape(name))
    assert name in locsens("doctor", source=name).text


def test_a_folder_as_source(locsens: Locsens, tmp_path: Path) -> None:
    refused(locsens("materialize", source=tmp_path), "is a folder, expected a file of metadata: say which")


def test_a_file_without_a_byte(locsens: Locsens, source: Path) -> None:
    source.write_bytes(b"")
    refused(locsens("materialize"), r"photos\.tsv is empty: expected rows of metadata, found 0 bytes")


def failed(said: Said, output: str, sentence: str) -> None:
    """Exit code 1 and a line that says what failed and why."""
    code, text, _ = said
    assert code == 1, text
    line = next((line for line in text.splitlines() if line.startswith(f"failed {output}")), "")
    assert re.search(sentence, line), text


def test_a_file_of_24_columns(locsens: Locsens, source: Path) -> None:
    source.write_text("".join(row(number, columns=24) for number in range(30)))
    failed(
        locsens("materialize", "--to", "vocabulary"),
        "source_files:photos-tsv-",
        r": source file file:///.*photos\.tsv: expected YFCC100M metadata: tab-separated lines of 23 or 25 columns, or "
        "an SQLite database, or a manifest.*; found lines of 24 columns",
    )


def test_a_truncated_bzip2(locsens: Locsens, source: Path) -> None:
    whole = bz2.compress("".join(row(number) for number in range(30_000)).encode(), 1)
    source.write_bytes(whole[: len(whole) // 2])
    failed(
        locsens("materialize", "--to", "vocabulary"),
        "source_files:photos-tsv-",
        r": source file file:///.*photos\.tsv is cut off or damaged",
    )
    assert not list(Path("data/tables/raw_photos").rglob("*.json"))
    code, text, _ = locsens("status")
    assert code == 0
    assert re.search(
        r"to do source_files:photos-tsv-\w{8}; its last run failed: source file .* is cut off or damaged", text
    )


def test_what_comes_after_a_file_that_failed_waits_and_is_no_failure_of_its_own(locsens: Locsens, source: Path) -> None:
    source.write_text("".join(row(number, columns=24) for number in range(30)))
    code, text, _ = locsens("materialize")
    assert code == 1
    assert [line for line in text.splitlines() if line.startswith("failed ")] == [
        line for line in text.splitlines() if line.startswith("failed source_files:")
    ]


# The storage


def test_a_storage_that_is_a_file(locsens: Locsens, source: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    refused(locsens("materialize"), r"cannot write collection\.json in .*/data: ")
    assert (tmp_path / "data").read_text() == "in the way"


def test_a_storage_that_cannot_be_written(locsens: Locsens, source: Path) -> None:
    refused(locsens("materialize", storage="/proc/locsens"), r"cannot write collection\.json in /proc/locsens: ")


def test_a_kind_of_storage_that_does_not_exist(locsens: Locsens, source: Path) -> None:
    refused(locsens("materialize", storage="moon://data"), "storage moon://data: expected a folder or an fsspec URL")


def test_a_storage_that_holds_another_collection(locsens: Locsens, source: Path, tmp_path: Path) -> None:
    assert locsens("materialize", "--to", "ingestion")[0] == 0
    shutil.copyfile(source, tmp_path / "others.tsv")
    for command in ("materialize", "status"):
        refused(
            locsens(command, source="others.tsv"),
            r"storage /.*/data holds the collection of source 'photos\.tsv' with profile 'tiny', asked for was source "
            r"'others\.tsv' with profile 'tiny': set LOCSENS_STORAGE to another place",
        )
        refused(locsens(command, profile="collection"), "asked for was source 'photos.tsv' with profile 'collection'")
    assert locsens("status")[0] == 0


def test_a_collection_that_cannot_be_read(locsens: Locsens, source: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/collection.json").write_text("[]")
    refused(locsens("materialize"), r"collection\.json in .*/data: expected a collection, found something else")


def test_a_record_that_cannot_be_read(locsens: Locsens, source: Path, tmp_path: Path) -> None:
    assert locsens("materialize", "--to", "ingestion")[0] == 0
    (record,) = (tmp_path / "data/provenance/duplicate_photos").iterdir()
    record.write_text("{}")
    for command in ("materialize", "status"):
        refused(locsens(command), r"provenance/duplicate_photos/all\.json: expected a record of provenance, found")


def test_a_mistyped_source_does_not_claim_the_storage(locsens: Locsens, source: Path, tmp_path: Path) -> None:
    for command in ("status", "doctor", "materialize"):
        locsens(command, source="fotos.tsv")
    locsens("materialize", "--refresh", "photos:x", source="fotos.tsv")
    assert not (tmp_path / "data/collection.json").exists()
    assert locsens("materialize", "--to", "ingestion")[0] == 0


# Collections in which there is little


def test_a_small_collection_without_images_goes_to_its_end(locsens: Locsens, source: Path, tmp_path: Path) -> None:
    """Vocabulary smaller than asked, no image to be had, no word vectors: what cannot run says so."""
    code, text, _ = locsens("materialize")
    assert code == 0, text
    with duckdb.connect(str(tmp_path / "data/locsens.duckdb"), read_only=True) as catalog:
        assert catalog.execute("SELECT count(*) FROM vocabulary").fetchone() == (10,)
        assert catalog.execute("SELECT status, count(*) FROM image_status GROUP BY 1").fetchall() == [("missing", 30)]
        assert catalog.execute("SELECT count(*) FROM images").fetchone() == (0,)
        states = dict(
            catalog.execute(
                "SELECT asset, max(status) FROM provenance GROUP BY asset HAVING count(DISTINCT status) = 1"
            ).fetchall()
        )
        assert states["embedding_model"] == states["locsens_model"] == "not_run"
        assert states["evaluation_report"] == "done"
        figures = catalog.execute("SELECT count(precision_at_10), count(*), count(note) FROM retrieval_results")
        filled, rows, notes = figures.fetchone()
        assert (filled, notes) == (0, rows)
        assert rows > 0
    page = (tmp_path / "data/reports/index.html").read_text()
    assert "not run" in page
    code, text, _ = locsens("materialize")
    assert (code, "everything is up to date" in text) == (0, True)


def test_a_shard_with_nothing_kept_and_a_tag_with_no_photo_left(locsens: Locsens, tmp_path: Path) -> None:
    """One file has places, the other has none; one hashtag is only on a photo that no split may see."""
    (tmp_path / "photos-a.tsv").write_text("".join(row(number) for number in range(30)))
    (tmp_path / "photos-b.tsv").write_text("".join(row(100 + number, place="\t") for number in range(5)))
    code, text, _ = locsens("materialize", "--to", "splits", source="photos-*.tsv")
    assert code == 0, text
    files = sorted((tmp_path / "data/tables/photos").rglob("*.parquet"))
    assert len(files) == 2 * 3
    with duckdb.connect() as database:
        names = [str(path) for path in files]
        counted = "SELECT count(*) FROM read_parquet(?, hive_partitioning=true, union_by_name=true) "
        assert database.execute(counted, [names]).fetchone() == (30,)
        assert database.execute(f"{counted} WHERE shard LIKE 'photos-b-%'", [names]).fetchone() == (0,)


# The catalog, held open


HOLDER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("CREATE TABLE mine AS SELECT 1")
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def hold() -> Iterator[Callable[[Path], None]]:
    """Opens a catalog for writing in another process until the test ends."""
    holders: list[subprocess.Popen] = []

    def open_for_writing(path: Path) -> None:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        holders.append(holder)
        assert holder.stdout.readline() == "open\n"

    yield open_for_writing
    for holder in holders:
        holder.stdin.close()
        holder.wait()
        holder.stdout.close()


def test_a_catalog_held_open_by_another_program(
    locsens: Locsens, copied: Callable[..., Tiny], hold: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = copied()
    settings = {name: str(value) for name, value in tiny.settings.model_dump().items()}
    monkeypatch.setenv("DAGSTER_HOME", str(tiny.home))
    catalog = Path(tiny.settings.storage) / "locsens.duckdb"
    hold(catalog)
    before = catalog.read_bytes()
    found = locsens("materialize", "--refresh", "tagging_results", "--refresh", "duckdb_catalog", **settings)
    failed(found, "duckdb_catalog", "open (for writing )?in another program.* The old catalog is left as it is. Close")
    assert "1 outputs made" in found[1]
    assert catalog.read_bytes() == before


# What the commands print


def test_status_says_what_is_there_and_what_is_to_be_done(locsens: Locsens, source: Path) -> None:
    code, text, _ = locsens("status")
    assert (code, "data: 0 outputs up to date" in text) == (0, True)
    assert re.search(r"new source file photos-tsv-\w{8}; `locsens materialize` ingests it", text)
    assert locsens("materialize", "--to", "splits")[0] == 0
    code, text, _ = locsens("status")
    assert "data: 6 outputs up to date" in text
    assert re.search(r"to do images:photos-tsv-\w{8}-00000", text)
    assert "new " not in text


def test_status_names_what_is_old_with_the_command_that_redoes_it(locsens: Locsens, tmp_path: Path) -> None:
    (tmp_path / "photos-a.tsv").write_text("".join(row(number) for number in range(30)))
    assert locsens("materialize", "--to", "splits", source="photos-*.tsv")[0] == 0
    (tmp_path / "photos-b.tsv").write_text("".join(row(100 + number) for number in range(30)))
    assert locsens("materialize", "--to", "splits", source="photos-*.tsv")[0] == 0
    code, text, _ = locsens("status", source="photos-*.tsv")
    assert code == 0
    line = next(line for line in text.splitlines() if line.startswith("older"))
    assert "vocabulary" in line
    assert "locsens materialize --refresh vocabulary" in line
    (tmp_path / "photos-b.tsv").unlink()
    assert re.search(
        r"source file photos-b-tsv-\w{8} has vanished; `locsens forget photos-b-tsv-",
        locsens("status", source="photos-*.tsv")[1],
    )


def test_a_first_look_and_then_the_rest(locsens: Locsens, source: Path, tmp_path: Path) -> None:
    def photos() -> int:
        files = (tmp_path / "data/tables/raw_photos").rglob("*.parquet")
        return sum(pq.read_metadata(path).num_rows for path in files)

    code, text, _ = locsens("materialize", "--to", "ingestion", "--limit-rows", "10")
    assert (code, photos()) == (0, 10)
    assert "at most 10 rows of each source file" in text.splitlines()[0]
    code, text, _ = locsens("status")
    assert re.search(
        r"in part source file photos-tsv-\w{8}: ingested up to a limit of 10 rows; `locsens materialize` without a "
        r"limit ingests what follows them\nto do source_files:photos-tsv-\w{8}\n",
        text,
    )
    assert "to do source_files" not in locsens("status", limit_rows=10).text
    assert locsens("materialize", "--to", "ingestion", "--limit-rows", "0", limit_rows=10).code == 0
    assert photos() == 30
    assert "in part" not in locsens("status").text
    assert "everything is up to date" in locsens("materialize", "--to", "ingestion", limit_rows=10).text
    assert photos() == 30


def test_a_limit_that_is_none(locsens: Locsens, source: Path) -> None:
    refused(locsens("status", limit_rows=-1), "LOCSENS_LIMIT_ROWS: .*greater than or equal to 0, found '-1'")
    said = locsens("materialize", "--limit-rows", "-1")
    assert (said.code, "--limit-rows" in said.error) == (2, True)


def test_a_database_as_source(locsens: Locsens, tmp_path: Path) -> None:
    rows = ({"rowid": 5 * n, "photoid": n, "usertags": ",".join(WORDS)} for n in range(30))
    write_database(tmp_path / "meta.sql", rows)
    assert locsens("materialize", "--to", "splits", source="meta.sql").code == 0
    (path,) = (tmp_path / "data/tables/raw_photos").rglob("*.parquet")
    assert pq.read_table(path)["line_number"].to_pylist() == [5 * n for n in range(30)]


def test_a_database_without_the_table(locsens: Locsens, tmp_path: Path) -> None:
    write_database(tmp_path / "meta.sql", [{}], table="one")
    write_database(tmp_path / "meta.sql", [{}], table="two")
    failed(
        locsens("materialize", "--to", "ingestion", source="meta.sql"),
        "source_files:meta-sql-",
        r": source file file:///.*meta\.sql: expected an SQLite table yfcc100m_dataset, or one table with its columns "
        r"photoid, uid, .*, marker; found several with them: one, two$",
    )


def test_status_changes_nothing(locsens: Locsens, source: Path, tmp_path: Path) -> None:
    locsens("status")
    assert not (tmp_path / "data").exists()


def test_forget_removes_a_file_by_key_or_url(locsens: Locsens, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        start = 100 * ord(name)
        text = "".join(row(number) for number in range(start, start + 30))
        (tmp_path / f"photos-{name}.tsv").write_text(text)
    settings = {"source": "photos-*.tsv"}
    assert locsens("materialize", "--to", "ingestion", **settings)[0] == 0
    refused(
        locsens("forget", "photos-x", **settings),
        "source file photos-x: not in this collection, which knows photos-a-tsv-",
    )
    (tmp_path / "photos-b.tsv").unlink()
    (tmp_path / "photos-c.tsv").unlink()
    _, text, _ = locsens("materialize", "--to", "ingestion", **settings)
    (key,) = set(re.findall(r"locsens forget (photos-b-tsv-\w{8})", text))
    code, text, _ = locsens("forget", key, **settings)
    assert (code, text) == (
        0,
        f"forgot {key} and its 1 shards; `locsens materialize` redoes what was made of them\n",
    )
    code, text, _ = locsens("forget", (tmp_path / "photos-c.tsv").as_uri(), **settings)
    assert (code, "and its 1 shards" in text) == (0, True)
    assert len(list((tmp_path / "data/tables/raw_photos").iterdir())) == 1


def test_forget_takes_a_copy_that_was_begun(locsens: Locsens, source: Path, tmp_path: Path) -> None:
    assert locsens("materialize", "--to", "ingestion").code == 0
    key = source_file_key(source.as_uri())
    workspace = open_workspace(Settings(storage="data", source="photos.tsv", profile="tiny", work=tmp_path / "work"))
    folder = copy_folder(workspace, key)
    folder.mkdir(parents=True)
    (folder / "part").write_bytes(b"begun")
    assert locsens("forget", key).code == 0
    assert not folder.exists()


def test_takedown_says_what_it_cannot_do(locsens: Locsens, source: Path, tmp_path: Path) -> None:
    refused(locsens("takedown", "3"), "storage .*/data holds no collection: there is nothing to take down")
    assert not (tmp_path / "data").exists()
    assert locsens("materialize", "--to", "ingestion")[0] == 0
    refused(locsens("takedown"), "no photo is named and none was ever taken down: give the ids of some, or --file")
    refused(locsens("takedown", "--file", "ids.txt"), r"--file ids\.txt: expected a text file with one photo id a line")
    shutil.copyfile(source, tmp_path / "others.tsv")
    refused(locsens("takedown", "3", source="others.tsv"), "holds the collection of source 'photos.tsv'")
    (tmp_path / "data/takedowns.json").write_text("{}")
    refused(locsens("takedown", "3"), r"takedowns\.json in .*/data: expected the list of photos taken down, found")
    assert locsens("materialize", "--refresh", "source_files", "--to", "ingestion").code == 1


def test_takedown_removes_and_remembers(locsens: Locsens, source: Path, tmp_path: Path) -> None:
    assert locsens("materialize", "--to", "splits")[0] == 0
    code, text, _ = locsens("takedown", "3", "4711")
    assert code == 0
    assert text == (
        "1 of 2 photos were in the collection; not in it, and remembered all the same: 4711\n"
        "3 rows removed from 3 tables; no later run brings the photos back\n"
        "`locsens materialize` makes anew what counts photos: results, report, catalog\n"
    )
    source.write_text(source.read_text() + row(4711) + row(30))
    assert locsens("materialize", "--to", "splits").code == 0
    with duckdb.connect() as database:
        counted = "SELECT list(photo_id ORDER BY photo_id) FROM 'data/tables/{}/*/*.parquet'"
        left = [*range(3), *range(4, 31)]
        assert database.execute(counted.format("raw_photos")).fetchone() == (left,)
        taken_down = database.execute("SELECT rows, taken_down FROM 'data/tables/source_files/*/*.parquet'").fetchall()
        assert taken_down == [(32, 2)]
    assert locsens("takedown").text.startswith("0 rows removed from 0 tables; no later run brings the photos back")


# Asking the models


def test_search_prints_a_table_and_writes_a_page(locsens: Locsens, tiny: Tiny, tmp_path: Path) -> None:
    """Source and profile are the collection's: a person who only searches need not know them."""
    words = ("search", "#Bridge", "--near", "-33.87,151.21", "--top", "3", "--gallery", str(tmp_path / "found.html"))
    said = locsens(*words, storage=tiny.settings.storage, profile="sample")
    assert said.code == 0, said.text
    assert said.text.splitlines()[0].strip() == "#bridge near -33.8700, 151.2100"
    assert re.findall(r"^│ (\d+) +│ +-?\d+\.\d{3} │ \d+ ", said.text, re.MULTILINE) == ["1", "2", "3"]
    timed = r"^[\d,]+ photos ranked by locsens_raw in [\d.]+ s, after [\d.]+ s of loading$"
    assert re.search(timed, said.text, re.MULTILINE)
    page = (tmp_path / "found.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 3
    assert f"gallery  {tmp_path / 'found.html'}" in said.text


def test_search_near_a_city_says_which(locsens: Locsens, tiny: Tiny) -> None:
    said = locsens("search", "bridge", "--near", "london", "--variant", "mcc", storage=tiny.settings.storage)
    assert "note London, GB is taken, the most populous of that name; others: London, CA" in said.text
    assert "note mcc does not look at the place" in said.text


def test_tag_prints_a_table_and_writes_a_page(locsens: Locsens, tiny: Tiny, tmp_path: Path) -> None:
    photo = next(Path(tiny.settings.work).rglob("*.jpg"))
    shutil.copyfile(photo, tmp_path / "[red]<b>.jpg")
    words = ("tag", "[red]<b>.jpg", "--at", "London, GB", "--top", "4", "--gallery", "tags.html")
    said = locsens(*words, storage=tiny.settings.storage)
    assert said.code == 0, said.text
    assert said.text.splitlines()[0].strip() == "[red]<b>.jpg at London, GB"
    assert re.findall(r"^│ (\d+) +│ +-?\d+\.\d{3} │ \w+ ", said.text, re.MULTILINE) == ["1", "2", "3", "4"]
    assert "<b>" not in (tmp_path / "tags.html").read_text()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("search", "bridgge", "--near", "London"),
            r"hashtag 'bridgge': not one of the \d+ that models know; near.*bridge",
        ),
        (("search", "bridge", "--near", "91,0"), "place '91,0': expected a latitude of -90 to 90 degrees, found 91"),
        (("search", "bridge", "--near", "Lodnon"), "place 'Lodnon': expected latitude and longitude.*London"),
        (("search", "bridge"), "variant locsens_raw ranks by place: say where"),
        (("search", "bridgge"), "hashtag 'bridgge': not one of the"),
        (("search", "bridge", "--variant", "moon"), "variant 'moon': unknown; search knows upper_bound, mcc"),
        (("search", "bridge", "--near", "0,0", "--top", "0"), "top 0: expected 1 to 1,000 answers"),
        (
            ("search", "bridge", "--near", "0,0", "--gallery", "no/x.html"),
            r"--gallery no/x.html: the page cannot be written \(there is no folder no\)",
        ),
        (
            ("tag", "photos.tsv", "--at", "0,0"),
            r"photo photos\.tsv: expected one of JPEG, PNG, .*found text that begins",
        ),
        (("tag", "no.jpg", "--at", "0,0"), r"photo no\.jpg: expected a file at .*no\.jpg, found none"),
        (("tag", "no.jpg"), r"photo no\.jpg: expected a file"),
    ],
)
def test_what_cannot_be_asked(
    locsens: Locsens, tiny: Tiny, source: Path, words: tuple[str, ...], sentence: str
) -> None:
    said = locsens(*words, storage=tiny.settings.storage)
    lines = said.error.strip().splitlines()
    assert (said.code, len(lines)) == (2, 1), said.text
    assert re.search(f"locsens: .*{sentence}", lines[0]), lines[0]


def test_a_photo_without_a_place(locsens: Locsens, tiny: Tiny) -> None:
    photo = next(Path(tiny.settings.work).rglob("*.jpg"))
    said = locsens("tag", str(photo), storage=tiny.settings.storage)
    assert (said.code, said.error.count("variant locsens_raw ranks by place: say where")) == (2, 1), said.text


def test_a_storage_that_holds_nothing_to_search(locsens: Locsens) -> None:
    refused(locsens("search", "bridge", "--near", "0,0"), "storage .*/data holds no collection; `locsens materialize`")


def test_doctor_finds_everything_in_order(locsens: Locsens, source: Path) -> None:
    assert "wrong images: none of the first" in locsens("doctor").text
    code, text, _ = locsens("doctor", images=".")
    assert code == 0
    found = dict(re.findall(r"^ok +([a-z ]+): (.+)$", text, re.MULTILINE))
    assert list(found) == [
        "profile", "work folder", "storage", "collection", "source", "images", "word vectors", "device", "versions",
    ]  # fmt: skip
    assert found["source"] == "1 files, 0.0 MB; the first is yfcc100m, 23 columns, plain"
    assert re.fullmatch(r".*/data can be written, read and cleared, [\d,.]+ GB free", found["storage"])
    assert "source: 1 files, 0.0 MB, of each the first 7 rows; the first is" in locsens("doctor", limit_rows=7).text
    assert not list(Path("data").glob(".doctor*"))


def test_doctor_says_what_is_wrong(locsens: Locsens, source: Path) -> None:
    code, text, _ = locsens("doctor", source="fotos.tsv", storage="/proc/locsens", device="cuda:7")
    wrong = dict(re.findall(r"^wrong +(\w+): (.+)$", text, re.MULTILINE))
    assert code == 1
    assert set(wrong) >= {"storage", "source"}
    assert "there is no such file" in wrong["source"]
    assert re.match(r"cannot write \.doctor-probe-\w{8} in /proc/locsens: ", wrong["storage"])


def test_doctor_names_another_collection(locsens: Locsens, source: Path, tmp_path: Path) -> None:
    assert locsens("materialize", "--to", "ingestion")[0] == 0
    shutil.copyfile(source, tmp_path / "others.tsv")
    code, text, _ = locsens("doctor", source="others.tsv")
    assert code == 1
    assert re.search(r"^wrong +collection: storage .* holds the collection of source 'photos.tsv'", text, re.MULTILINE)


def test_home_is_a_folder_for_each_storage(locsens: Locsens, source: Path, tmp_path: Path, monkeypatch) -> None:
    code, text, _ = locsens("home")
    assert (code, text) == (0, f"{tmp_path}/home\n")
    monkeypatch.delenv("DAGSTER_HOME")
    homes = [locsens("home", storage=storage)[1].strip() for storage in ("data", "other", "memory://data", "data")]
    assert homes[0] == homes[3]
    assert len(set(homes)) == 3
    for home in homes:
        assert re.fullmatch(rf"{re.escape(str(tmp_path))}/\.dagster/\w+-[0-9a-f]{{8}}", home)
        assert "telemetry" in (Path(home) / "dagster.yaml").read_text()


def test_a_relative_dagster_home_is_meant_from_here(
    locsens: Locsens, source: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "here")
    assert locsens("home")[:2] == (0, f"{tmp_path}/here\n")
    assert locsens("materialize", "--to", "ingestion")[0] == 0
    assert (tmp_path / "here/dagster.yaml").exists()


def test_as_a_program_it_ends_with_the_sentence_alone(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCSENS_")}
    environment |= {"LOCSENS_SOURCE": "fotos.tsv", "LOCSENS_PROFILE": "tiny", "DAGSTER_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [Path(sys.executable).parent / "locsens", "materialize"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout.count("\n")) == (2, 1)  # which source, storage and profile
    assert done.stderr == f"locsens: source file://{tmp_path}/fotos.tsv: there is no such file\n"


# Real rows


@pytest.mark.slow
@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "bzip2"])
def test_real_rows_of_yfcc100m_go_to_the_end(locsens: Locsens, tmp_path: Path, compressed: bool) -> None:
    """The images are not reachable: every photo has its status, what needs images is not run and says why."""
    real = ROOT / "../shared/data/yfcc100m"
    if not real.is_dir():
        pytest.skip("the real YFCC100M rows are not on this machine")
    folder = tmp_path / "yfcc"
    folder.mkdir()
    for path in real.glob("*.tsv"):
        data = path.read_bytes()
        (folder / f"{path.name}.bz2").write_bytes(bz2.compress(data) if compressed else data)
    code, text, _ = locsens("materialize", source=f"yfcc100m:{folder}/*", profile="collection")
    assert code == 0, text
    with duckdb.connect(str(tmp_path / "data/locsens.duckdb"), read_only=True) as catalog:

        def count(table: str) -> int:
            return catalog.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

        assert count("raw_photos") + count("rejected_rows") == 500
        assert count("raw_photos") == count("geotagged_photos") + count("dropped_photos")
        assert count("geotagged_photos") == count("photos") + count("unused_photos")
        assert count("geotagged_photos") == 57 + 87
        assert count("image_status") == count("photos") > 0
        assert count("images") == count("image_status WHERE status = 'ok' OR error IS NULL") == 0
        not_run = dict(
            catalog.execute(
                "SELECT partition, reason FROM provenance WHERE asset = 'embedding_model' AND status = 'not_run'"
            ).fetchall()
        )
        assert set(not_run) == {"mcc", "mlc", "her"}
        assert all(not_run.values())
        assert count("retrieval_results WHERE precision_at_10 IS NOT NULL") == 0
        assert count("retrieval_results WHERE note IS NULL") == 0
        assert count("retrieval_results") > 0
    assert (tmp_path / "data/reports/index.html").stat().st_size > 10_000
