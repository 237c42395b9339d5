"""The `dg` and `dagster` commands on this project: its checks, one asset at a time, and both servers."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from dagster_server import BIN, ROOT, environment, serving
from tiny_collection import Tiny

from assets.base.tables import TABLES

pytestmark = pytest.mark.timeout(900)


def run_dg(tiny: Tiny, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [BIN / "dg", *arguments],
        cwd=ROOT,
        env=environment(tiny),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("command", [("check", "defs"), ("check", "toml"), ("check", "yaml")], ids=" ".join)
def test_dg_accepts_the_project(command: tuple[str, ...], tiny: Tiny) -> None:
    done = run_dg(tiny, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "virtual environment" not in done.stderr


def test_dg_lists_every_table(tiny: Tiny) -> None:
    done = run_dg(tiny, "list", "defs", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    listed = {asset["asset_key"] for asset in json.loads(done.stdout)["assets"]}
    assert {*TABLES, "evaluation_report", "duckdb_catalog"} <= listed


@pytest.mark.slow
@pytest.mark.parametrize("asset", ["duplicate_photos", "tag_counts"])
def test_dg_launches_one_asset(asset: str, copied: Callable[..., Tiny]) -> None:
    tiny = copied()
    workspace = tiny.workspace()
    partition = workspace.keys(workspace.steps.dimension(asset))[-1]
    before = workspace.ledger.get(asset, partition)
    assert before is not None
    workspace.ledger.remove(asset, partition)
    done = run_dg(tiny, "launch", "--assets", asset, *(["--partition", partition] if partition else []))
    assert done.returncode == 0, done.stdout + done.stderr
    after = tiny.workspace().ledger.get(asset, partition)
    assert after is not None
    assert after.data_version == before.data_version
    with tiny.instance() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None
    assert event.asset_materialization.partition == partition
    assert "unchanged" not in event.asset_materialization.metadata


@pytest.mark.slow
def test_dg_says_which_partition_there_is_not(copied: Callable[..., Tiny]) -> None:
    done = run_dg(copied(), "launch", "--assets", "tag_counts", "--partition", "no-such-shard")
    assert done.returncode != 0
    assert "no-such-shard" in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [("dagster", "dev", "-w", "workspace.yaml"), ("dg", "dev")], ids=["dagster dev", "dg dev"]
)
def test_server_loads_the_code_location(command: tuple[str, ...], copied: Callable[..., Tiny], tmp_path: Path) -> None:
    with serving(command, copied(), tmp_path / "server.log") as server:
        assert server.locations() == {"locsens": "RepositoryLocation"}
        assert set(server.runs().values()) == {"SUCCESS"}
    assert "Traceback" not in server.log.read_text()


@pytest.mark.skipif(not (ROOT / ".venv/.installed").exists(), reason="make would install everything into .venv first")
def test_make_ui_stops_where_the_settings_are_wrong(tiny: Tiny) -> None:
    command = ["make", "ui", "PORT=3999"]
    wrong = {**environment(tiny), "LOCSENS_PROFILE": "nope"}
    done = subprocess.run(command, cwd=ROOT, env=wrong, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "nope" in done.stderr
    assert "dagster" not in done.stdout
