"""Progress is a line now and then in a log, and a bar on a terminal."""

import io
import logging
import sys

import pytest

from assets.base import progress


class Terminal(io.StringIO):
    """Standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("unit", "done", "total", "words", "line"),
    [
        ("images", 12, 40, "11 ok, 1 missing", "x: 12 of 40 images (11 ok, 1 missing)"),
        ("bytes", 1_200_000_000, 65_644_027_904, "", "x: 1.2 GB of 65.6 GB"),
    ],
)
def test_lines_of_a_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, unit, done, total, words, line
) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)
    with caplog.at_level(logging.INFO), progress.shown("x", logging.getLogger("tests"), unit) as report:
        report(done, total, words)
    assert caplog.messages == [line]


def test_a_log_is_not_flooded(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), progress.shown("x", logging.getLogger("tests"), "bytes") as report:
        for done in range(100):
            report(done, 100, "")
    assert caplog.messages == []


@pytest.mark.parametrize("unit", ["images", "bytes"])
def test_a_bar_on_a_terminal_and_nothing_in_the_log(caplog, monkeypatch: pytest.MonkeyPatch, unit) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with caplog.at_level(logging.INFO), progress.shown("copying [a]", logging.getLogger("tests"), unit) as report:
        report(2_000, 4_000, "")
    assert caplog.messages == []
    assert "copying [a]" in terminal.getvalue()
