"""Killed at any moment, a rerun gives the same rows and fetches nothing of a finished part again."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assets.base.profiles.sections.images import ImageConfig
from assets.base.storage import Storage
from assets.images.collect import Collected, collect_images, sizes_of
from assets.images.locate import Locator
from assets.images.parts import Parts
from assets.images.plan import Wanted

ROOT = Path(__file__).parents[3]
IMAGES, STATUSES = "tables/images/shard=s", "tables/image_status/shard=s"
PHOTOS = 120

CHILD = """
import json, sys
from assets.base.storage import Storage
from assets.images.collect import collect_images, sizes_of
from assets.base.profiles.sections.images import ImageConfig
from assets.images.locate import Locator
from assets.images.parts import Parts
from assets.images.plan import Wanted

if __name__ == "__main__":
    folder, urls, config = json.loads(sys.argv[1])
    config = ImageConfig.model_validate(config)
    wanted = [Wanted(number, Locator().locate(number, None, url)) for number, url in enumerate(urls)]
    parts = Parts(Storage(folder), "tables/images/shard=s", "tables/image_status/shard=s", sizes_of(config))
    collect_images(wanted, parts, config)
"""


def photo_urls(base: str) -> list[str]:
    kinds = {7: "status/404", 30: "text", 55: "half", 80: "moved"}
    return [f"{base}/{kinds.get(number, 'good')}/{number}.jpg" for number in range(PHOTOS)]


def asked(server, url: str) -> int:
    return server.asked[url.removeprefix(server.url)]


def parts_of(folder: Path, config: ImageConfig) -> Parts:
    return Parts(Storage(str(folder)), IMAGES, STATUSES, sizes_of(config))


def finish(folder: Path, config: ImageConfig, urls: list[str]) -> Collected:
    wanted = [Wanted(number, Locator().locate(number, None, url)) for number, url in enumerate(urls)]
    return collect_images(wanted, parts_of(folder, config), config)


def published(folder: Path, collected: Collected) -> list[list[tuple]]:
    """Sorted rows of both tables; a place names the server's port, which differs from server to server."""
    storage = Storage(str(folder))
    tables = ([storage.read_table(pair[side].path) for pair in collected.files] for side in (0, 1))
    return [sorted(tuple(row.values()) for table in one for row in table.to_pylist()) for one in tables]


def kill_at(server, folder: Path, config: ImageConfig, urls: list[str], requests: int, delay: float) -> None:
    """Run in a child and kill it `delay` seconds after the server has seen so many more requests."""
    target = sum(server.asked.values()) + requests
    arguments = json.dumps([str(folder), urls, config.model_dump()])
    child = subprocess.Popen([sys.executable, "-c", CHILD, arguments], cwd=ROOT)
    while child.poll() is None and sum(server.asked.values()) < target:
        time.sleep(0.002)
    time.sleep(delay)
    child.send_signal(signal.SIGKILL)
    child.wait()


def check_kills(server, tmp_path: Path, config: ImageConfig, moments: list[tuple[int, float]]) -> None:
    urls = photo_urls(server.url)
    undisturbed = published(tmp_path / "calm", finish(tmp_path / "calm", config, urls))
    server.pause = 0.01
    folder = tmp_path / "killed"
    settled: dict[int, int] = {}
    for requests, delay in moments:
        kill_at(server, folder, config, urls, requests, delay)
        settled |= {
            row.photo_id: asked(server, urls[row.photo_id])
            for part in parts_of(folder, config).load()
            if part.agrees
            for row in part.rows
            if row.photo_id not in settled
        }
    collected = finish(folder, config, urls)
    assert published(folder, collected) == undisturbed
    assert [file.path for file, _ in collected.files] == [
        f"{IMAGES}/part-{number}.parquet" for number in sorted(range(PHOTOS // 8), key=str)
    ]
    assert {number: asked(server, urls[number]) for number in settled} == settled


def moments(seed: int, count: int) -> list[tuple[int, float]]:
    draw = random.Random(seed)
    return [(draw.randrange(1, PHOTOS), draw.uniform(0, 0.05)) for _ in range(count)]


def test_killed_twice_then_finished(server, tmp_path, config) -> None:
    check_kills(server, tmp_path, config, [(50, 0.01), (30, 0.03)])


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(20))
def test_killed_at_a_seeded_moment(server, tmp_path, config, seed: int) -> None:
    check_kills(server, tmp_path, config, moments(seed, 1))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_killed_while_asking_again(server, tmp_path, config, seed: int) -> None:
    """Parts that are rewritten for what failed for now keep what they have, whenever that is cut off."""
    hasty = config.model_copy(update={"tries": 1})
    urls = [f"{server.url}/{'shaky' if number % 3 else 'good'}/{number}.jpg" for number in range(PHOTOS)]
    folder = tmp_path / "killed"
    assert finish(folder, hasty, urls).counts["ok"] == PHOTOS // 3
    server.pause = 0.01
    for requests, delay in moments(seed, 2):
        kill_at(server, folder, hasty, urls, requests // 2, delay)
        assert sum(row.status == "ok" for part in parts_of(folder, hasty).load() for row in part.rows) >= PHOTOS // 3
    for _ in range(2):
        collected = finish(folder, hasty, urls)
    images, status = published(folder, collected)
    assert [row[0] for row in images] == list(range(PHOTOS))
    assert {row[1] for row in status} == {"ok"}
    assert {asked(server, url) for url in urls[::3]} == {1}
