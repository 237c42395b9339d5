"""DAGSTER_HOME: one Dagster instance for each collection, in a folder of the checkout that git ignores."""

import hashlib
import os
import re
import shutil
from pathlib import Path

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager

from assets.base.settings import Settings
from assets.base.storage import Storage

SEED = Path(__file__).resolve().parent.parent / "dagster.yaml"
FOLDER = ".dagster"


def home_of(settings: Settings) -> Path:
    """Where the Dagster home of a collection is: `DAGSTER_HOME` if it is set, else a folder named after the storage."""
    said = os.environ.get("DAGSTER_HOME")
    if said:
        return Path(said).absolute()
    shown = Storage(settings.storage).shown
    slug = re.sub(r"[^a-z0-9]+", "-", shown.rpartition("/")[2].lower()).strip("-") or "storage"
    return Path(FOLDER).absolute() / f"{slug}-{hashlib.sha256(shown.encode()).hexdigest()[:8]}"


def dagster_home(settings: Settings) -> Path:
    """`home_of` a collection, made and seeded from the tracked `dagster.yaml` when it is not there."""
    home = home_of(settings)
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists() and SEED.exists():
        shutil.copyfile(SEED, home / "dagster.yaml")
    return home


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The collection's Dagster instance, for runs in this process.

    Their output is not captured, as it is for runs that the UI starts: a person sees it, progress bars included.
    """
    home = dagster_home(settings)
    os.environ["DAGSTER_HOME"] = str(home)
    uncaptured = {"compute_logs": {"module": NoOpComputeLogManager.__module__, "class": "NoOpComputeLogManager"}}
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=uncaptured))
