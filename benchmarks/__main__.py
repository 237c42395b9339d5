"""`python -m benchmarks [NAME…]`: runs the named benchmarks, or all, and prints each target beside what was found."""

import importlib
import os
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

import benchmarks
from assets.base.cores import available_cores
from assets.base.settings import load_settings
from benchmarks.report import Measured, say, show


def _found() -> dict[str, Callable[[Path], Iterator[Measured]]]:
    names = [module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name != "__main__"]
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    return {name: module.measure for name, module in modules.items() if hasattr(module, "measure")}


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Benchmarks to run; all if none is named.")] = None,
) -> None:
    """Measure how fast things are, side by side, and say where a target is not reached."""
    found = _found()
    for name in names or []:
        if name not in found:
            raise typer.BadParameter(f"no benchmark {name!r}; there are {', '.join(found)}")
    work = load_settings().work / "benchmarks"
    short: list[Measured] = []
    say(f"{available_cores()} cores; load average {os.getloadavg()[0]:.1f}")
    for name in names or found:
        folder = work / name
        folder.mkdir(parents=True, exist_ok=True)
        rows: list[Measured] = []
        for row in found[name](folder):
            say(f"{name}: {row.name}, {row.measured}: {row.result} {row.unit}")
            rows.append(row)
        show(name, rows)
        short += [row for row in rows if row.verdict == "falls short"]
    fall = {0: "no figure falls", 1: "1 figure falls"}.get(len(short), f"{len(short)} figures fall")
    say(f"{fall} short of the target{': ' if short else ''}{'; '.join(f'{row.name}, {row.measured}' for row in short)}")


if __name__ == "__main__":
    typer.run(main)
