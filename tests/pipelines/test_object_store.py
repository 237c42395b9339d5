"""The whole graph on a real S3 server, and on one that fails: it ends well or says why, and a rerun repairs it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec
import pytest
from object_store import FaultyProxy, now_and_then, s3_served
from tiny_collection import ON_REQUEST, Tiny, materialized, tables, torn

from assets.base.settings import Settings
from assets.base.storage import Storage, StorageError
from assets.base.tables import TABLES
from assets.catalog.access import open_catalog
from assets.catalog.checks import view_names

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NAMES_ITS_STORAGE = {"evaluation_report", "duckdb_catalog"}


def on(bucket: str, tiny: Tiny) -> Settings:
    """The tiny collection's settings with a storage in a bucket."""
    return tiny.settings.model_copy(update={"storage": f"{bucket}/collection"})


def without_proxy(settings: Settings, proxy: FaultyProxy) -> Storage:
    """The same storage, asked directly."""
    storage = Storage(settings.storage)
    storage.filesystem = fsspec.filesystem("s3", endpoint_url=proxy.server)
    return storage


@contextmanager
def watched(storage: Storage) -> Iterator[list[str]]:
    """Looks all the time for recorded files that are not whole; they are in the list when the block has ended."""
    found: list[str] = []
    end = threading.Event()

    def look() -> None:
        while not end.is_set():
            found.extend(torn(storage))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        end.set()
        thread.join()


def test_the_whole_graph_and_every_view_of_its_catalog(tiny: Tiny, tmp_path: Path) -> None:
    with s3_served() as (bucket, _):
        settings = on(bucket, tiny)
        there = materialized(settings, tmp_path / "home")
        assert there.report.failed == {}
        assert (len(there.report.made), there.report.left) == (len(tiny.report.made), tiny.report.left)
        ours, local = there.workspace(), tiny.workspace()
        for asset in set(ours.steps.assets()) - NAMES_ITS_STORAGE:
            versions = [
                {key: record.data_version for key, record in workspace.ledger.records(asset).items()}
                for workspace in (ours, local)
            ]
            assert versions[0] == versions[1], asset
        assert torn(ours.storage) == []
        with open_catalog(ours.storage) as catalog:
            for view in view_names(catalog):
                rows = catalog.sql(f'FROM "{view}"').to_arrow_table().num_rows
                if view in TABLES:
                    assert rows == sum(record.rows for record in ours.ledger.records(view).values()), view
                assert rows > 0 or view in ("rejected_rows", "skipped_tags", *ON_REQUEST), view
        again = materialized(settings, tmp_path / "home")
        assert again.report.nothing_to_do, again.story


@pytest.mark.parametrize("seed", range(2))
def test_a_store_that_fails_now_and_then(tiny: Tiny, tmp_path: Path, seed: int) -> None:
    with s3_served(now_and_then(seed, 0.04)) as (bucket, proxy):
        settings = on(bucket, tiny)
        with watched(without_proxy(settings, proxy)) as found:
            there = materialized(settings, tmp_path / "home", to="images")
        assert sum(proxy.failed.values()) > 20
        assert found == torn(without_proxy(settings, proxy)) == []
        proxy.schedule = lambda *_: ""
        if there.report.failed:  # five failures in a row
            assert all("s3://bucket-" in why for why in there.report.failed.values()), there.report.failed
            there = materialized(settings, tmp_path / "home", to="images")
        assert there.report.failed == {}
        ours, local = there.workspace(), tiny.workspace()
        assert tables(ours) == tables(local)
        for asset in ("images", "image_status"):
            for key, record in local.ledger.records(asset).items():
                assert ours.ledger.get(asset, key).rows == record.rows


@pytest.mark.parametrize("begins", [40, 140, 260])
def test_an_outage_ends_in_a_sentence_and_a_rerun_repairs_it(
    tiny: Tiny, tmp_path: Path, begins: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    kinds = ("cut_put", "500", "slow_down", "cut_after_put")

    def outage(number: int, method: str) -> str:
        fault = kinds[number % len(kinds)] if begins <= number < begins + 30 else ""
        return fault if method == "PUT" or "put" not in fault else "500"

    with s3_served(outage) as (bucket, proxy):
        settings = on(bucket, tiny)
        with watched(without_proxy(settings, proxy)) as found:
            try:
                why = list(materialized(settings, tmp_path / "home", to="splits").report.failed.values())
            except StorageError as error:  # the planner itself could not look
                why = [str(error)]
        assert why
        assert all("s3://bucket-" in sentence for sentence in why), why
        assert proxy.requests > begins
        assert found == torn(without_proxy(settings, proxy)) == []
        proxy.schedule = lambda *_: ""
        there = materialized(settings, tmp_path / "home", to="splits")
        assert there.report.failed == {}
        assert tables(there.workspace()) == tables(tiny.workspace())
        recorded = {
            file.path
            for asset in there.workspace().ledger.assets()
            for record in there.workspace().ledger.records(asset).values()
            for file in record.files
        }
        assert set(without_proxy(settings, proxy).list("tables")) == recorded
