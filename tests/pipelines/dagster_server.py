"""A Dagster server over a collection, started as a person starts it and stopped with all that it started."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from tenacity import Retrying, retry_if_exception_type, retry_if_result, stop_after_delay, wait_fixed
from tiny_collection import Tiny, environment_of

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
STARTS_WITHIN, STOPS_WITHIN, RUNS_WITHIN = 180.0, 60.0, 180.0

_LOCATIONS = """{ workspaceOrError { ... on Workspace { locationEntries {
    name loadStatus locationOrLoadError { __typename ... on PythonError { message } } } } } }"""
_RUNS = "{ runsOrError(limit: 100) { ... on Runs { results { id status } } } }"
_ENDED = {"SUCCESS", "FAILURE", "CANCELED"}


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        url: Where it answers.
        process: The command that started it.
        log: What it and its children print.
    """

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def ask(self, query: str) -> Any:
        """The answer to a GraphQL query."""
        request = urllib.request.Request(
            f"{self.url}/graphql", json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        return found["data"]

    def locations(self) -> dict[str, str]:
        """Each code location by name: loaded, or what was wrong with it."""
        if self.process.poll() is not None:
            raise AssertionError(f"{self.process.args} ended with {self.process.returncode}: {self.log.read_text()}")
        entries = self.ask(_LOCATIONS)["workspaceOrError"]["locationEntries"]
        return {
            entry["name"]: loaded.get("message", loaded["__typename"])
            if (loaded := entry["locationOrLoadError"])
            else entry["loadStatus"]
            for entry in entries
        }

    def runs(self) -> dict[str, str]:
        """Status of every run by its id, newest first."""
        return {run["id"]: run["status"] for run in self.ask(_RUNS)["runsOrError"]["results"]}

    def new_runs(self, before: dict[str, str]) -> list[str]:
        """How the runs end that were not there before; waits for one to appear, and for all to end."""

        def new() -> list[str]:
            return [status for run, status in self.runs().items() if run not in before]

        ended: list[str] = _poll(RUNS_WITHIN, lambda found: not found or not _ENDED.issuperset(found))(new)
        return ended


def environment(tiny: Tiny) -> dict[str, str]:
    """Environment of a command that works on a collection, and on nothing that the developer has set."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LOCSENS_")}
    return {**own, **environment_of(tiny.settings, tiny.home), "DAGSTER_DG_UPDATE_CHECK_ENABLED": "0"}


@contextmanager
def serving(command: Sequence[str], tiny: Tiny, log: Path) -> Iterator[Server]:
    """Start a server from the repository root, wait until its code location is loaded, stop it as Ctrl-C does.

    Args:
        command: `dagster` or `dg` with its arguments; host and port are added.
        tiny: The collection.
        log: Where its output goes.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [str(BIN / command[0]), *command[1:], "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            program,
            cwd=ROOT,
            env=environment(tiny),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Where tests run in the background, SIGINT is ignored and children inherit that: no Ctrl-C, no SIGTERM.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        server = Server(f"http://127.0.0.1:{port}", process, log)
        _poll(STARTS_WITHIN, lambda found: "LOADING" in found.values())(server.locations)
        yield server
    finally:
        _stop(process)


def _poll(seconds: float, unready: Callable[[Any], bool]) -> Retrying:
    return Retrying(
        stop=stop_after_delay(seconds),
        wait=wait_fixed(0.5),
        retry=retry_if_exception_type(OSError) | retry_if_result(unready),
    )


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End a process and all that came of it; none outlives this."""
    try:
        started = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        started = []
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _, left = psutil.wait_procs(started, timeout=STOPS_WITHIN)
    for child in left:
        child.kill()
    psutil.wait_procs(left)
