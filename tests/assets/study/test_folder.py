"""Finished work is kept, unfinished work is begun again."""

from pathlib import Path

import pytest

from assets.study.folder import SeedFolder


def test_work_is_done_once_and_its_checkpoints_go(tmp_path: Path) -> None:
    folder = SeedFolder(tmp_path)
    folder.checkpoints("raw").mkdir(parents=True)
    made: list[Path] = []

    def make(where: Path) -> None:
        made.append(where)
        (where / "assets").mkdir()
        (where / "assets" / "part-0.parquet").write_bytes(b"x")

    first = folder.once("raw", make)
    assert folder.once("raw", make) == first
    assert len(made) == 1
    assert folder.files("raw", "assets") == ["done/raw/assets/part-0.parquet"]
    assert not folder.checkpoints("raw").exists()


def test_work_that_failed_is_begun_again_with_its_checkpoints(tmp_path: Path) -> None:
    folder = SeedFolder(tmp_path)
    folder.checkpoints("raw").mkdir(parents=True)

    def broken(where: Path) -> None:
        (where / "half").write_text("half")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        folder.once("raw", broken)
    assert folder.checkpoints("raw").exists()
    done = folder.once("raw", lambda where: (where / "whole").write_text("whole") and None)
    assert [path.name for path in done.iterdir()] == ["whole"]
