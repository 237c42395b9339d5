import bz2
import hashlib
import random
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from assets.ingestion.world.generate import World
from assets.ingestion.world.plan import Plan
from assets.ingestion.world.write import BLOCK, Layout, download_hash, line


def _lines(world: World) -> dict[str, list[str]]:
    paths = sorted((world.folder / "metadata").iterdir())
    return {p.name: bz2.decompress(p.read_bytes()).decode("ascii").splitlines(keepends=True) for p in paths}


def test_hash_leaves_out_leading_zeros() -> None:
    url = "http://farm8.staticflickr.com/7205/6985418911_df7747990d.jpg"
    assert download_hash(url) == "4e2f7a26a1dfbf165a7e30bdabf7e72a"
    url = "http://farm6.staticflickr.com/5465/10201275523_3e6ea67c7f.jpg"
    assert download_hash(url) == "6ae91cc04fe06697c9404a5360b9b62"


def test_files_are_yfcc100m(world: World, plan: Plan) -> None:
    files = _lines(world)
    assert {name: len(lines) for name, lines in files.items()} == {
        name: count.rows for name, count in world.ledger.files.items()
    }
    malformed = set(world.ledger.defect("malformed_row").lines)
    for name, lines in files.items():
        for number, text in enumerate(lines, start=1):
            columns = text.rstrip("\r\n").split("\t")
            if (name, number) in malformed:
                assert len(columns) != 25 or not columns[1].isdigit()
                continue
            assert len(columns) == 25
            assert columns[1].isdigit()
            assert columns[2] == download_hash(columns[16])
            assert columns[24] in {"0", "1"}
            assert columns[16].startswith(world.folder.as_uri() + "/images/")
            assert set(columns[10]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%+,-._~")
    assert sum(number <= 20 for _, number in malformed) == 0


def test_a_row_can_be_read_back(plan: Plan) -> None:
    row = next(row for row in plan.sound if any(not tag.isascii() for tag in row.tags))
    columns = line(row, 7, Path("/some where/images")).rstrip("\n").split("\t")
    assert columns[0] == "7"
    assert [unquote_plus(tag) for tag in columns[10].split(",")] == row.tags
    assert "%" in columns[10]
    assert unquote_plus(columns[8]) == row.title
    assert columns[16].startswith("file:///some%20where/images/")
    assert float(columns[11 + 1]) == pytest.approx(float(row.longitude))


def test_md5_is_what_the_hash_is_made_of() -> None:
    full = hashlib.md5(b"x", usedforsecurity=False).hexdigest()
    assert int(download_hash("x").replace("0", "") or "0", 16) <= int(full, 16)


@pytest.mark.parametrize("seed", range(5))
def test_layout_keeps_pairs_together_or_apart(seed: int) -> None:
    layout = Layout(random.Random(seed), 430, 2, range(420, 430))
    for number in range(10):
        layout.same_block(number, 100 + number)
        layout.other_file(200 + number, 300 + number)
    files = layout.file_rows()
    assert sorted(index for file in files for index in file) == list(range(430))
    at = {index: (number, place) for number, file in enumerate(files) for place, index in enumerate(file)}
    for number in range(10):
        (file, place), (other_file, other_place) = at[number], at[100 + number]
        assert (file, place // BLOCK) == (other_file, other_place // BLOCK)
        assert at[200 + number][0] != at[300 + number][0]
    assert all(at[index][1] >= 20 for index in range(420, 430))
