"""Verdicts, and the frame that every benchmark stands in."""

from itertools import count

import pytest
from typer.testing import CliRunner

import benchmarks.__main__ as program
from benchmarks.report import Measured
from benchmarks.timing import interleaved, median_and_spread, ratios


@pytest.mark.parametrize(
    ("better", "result", "target", "verdict"),
    [
        ("lower", 2.0, 2.0, "ok"),
        ("lower", 2.01, 2.0, "falls short"),
        ("higher", 0.55, 0.55, "ok"),
        ("higher", 0.54, 0.55, "falls short"),
        ("lower", 5.0, None, ""),
        ("lower", None, 2.0, "not measured"),
    ],
)
def test_verdicts(better, result, target, verdict):
    assert Measured("a", "b", "s", result, target, better).verdict == verdict


def test_works_are_interleaved_and_compared_within_a_round():
    done = []
    costs = interleaved({"a": lambda: done.append("a"), "b": lambda: done.append("b")}, rounds=3)
    assert done == ["a", "b"] * 3
    assert [len(each) for each in costs.values()] == [3, 3]
    assert median_and_spread(ratios([2.0, 6.0, 5.0], [1.0, 2.0, 5.0])) == (2.0, (1.0, 3.0))


def test_program_runs_what_is_named_and_says_what_falls_short(monkeypatch, tmp_path):
    monkeypatch.setenv("LOCSENS_WORK", str(tmp_path))
    numbers = count(1)

    def measure(work):
        assert work.is_dir()
        yield Measured("first", "width", "m", next(numbers), 3, note="[not markup]")
        yield Measured("second", "height", "m", next(numbers), 3, "higher", (1, 2))

    monkeypatch.setattr(program, "_found", lambda: {"toy": measure})
    app = program.typer.Typer()
    app.command()(program.main)
    result = CliRunner().invoke(app, ["toy"], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    first, second = (
        next(line for line in result.output.splitlines() if "│" in line and name in line)
        for name in ("first", "second")
    )
    assert [cell.strip() for cell in first.split("│")[1:-1]] == [
        "first",
        "width",
        "1 m",
        "",
        "≤ 3",
        "ok",
        "[not markup]",
    ]
    assert [cell.strip() for cell in second.split("│")[1:-1]][4:6] == ["≥ 3", "falls short"]
    assert "1 figure falls short" in result.output
    assert CliRunner().invoke(app, ["nothing"]).exit_code == 2
