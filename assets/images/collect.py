"""The images of one shard: what is missing is fetched, decoded and published part by part; the rest stays.

Many photos are under way at once, a few parts are open at once, and every part is published when its last
photo is done. A rerun after a kill fetches what is in no finished part; `assets.images.plan` says what counts
as settled.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import uvloop

from assets.base.cores import available_cores
from assets.base.files import StoredFile
from assets.base.profiles.sections.images import ImageConfig
from assets.images.locate import Location
from assets.images.outcome import MISSING, OK, TRANSIENT, UNAVAILABLE, Failure, Sizes
from assets.images.parts import Parts, Photo, StatusRow
from assets.images.plan import PartPlan, Wanted, make_plan
from assets.images.stores import read_file, read_object
from assets.images.web import Web
from assets.images.workers import BATCH, DecodePool

OPEN_PARTS = 3
_PHOTOS_PER_WORKER = 64  # for fewer, another process costs more than it saves
_READERS = 16


@dataclass
class Collected:
    """What came of a shard.

    Attributes:
        files: Pairs of published files (images, statuses), by part.
        counts: Wanted photos by status.
        asked: Photos asked for in this run.
        kept: Photos that earlier runs had settled.
        surplus: Photos once settled and no longer wanted; they stay in their parts.
        bytes_fetched: Bytes of image files fetched in this run.
        retryable: Photos that failed transiently and may be asked for again.
    """

    files: list[tuple[StoredFile, StoredFile]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    kept: int = 0
    surplus: int = 0
    bytes_fetched: int = 0
    retryable: int = 0


Progress = Callable[[int, int, Counter[str]], None]
"""Called with photos done, photos to do, and counts by status of those done."""


def sizes_of(config: ImageConfig) -> Sizes:
    """What the settings make of every image."""
    return Sizes(config.short_side, config.jpeg_quality, config.max_pixels)


def collect_images(
    wanted: Sequence[Wanted], parts: Parts, config: ImageConfig, progress: Progress | None = None
) -> Collected:
    """Bring a shard's images up to date.

    Args:
        wanted: Photos, each once, in a fixed order.
        parts: Where the shard's parts are.
        config: The stage's settings.
        progress: Told after every photo.

    Returns:
        The shard's published files and what became of its photos.

    Raises:
        StorageError: The storage cannot be written.
        DecoderStartError: No decoding process can be started.
    """
    there = parts.load(config.unavailable_sha256)
    plan = make_plan(wanted, there, config.part_size, config.max_attempts)
    for number in plan.remove:
        parts.remove(number)
    collected = Collected(asked=plan.to_fetch, surplus=plan.surplus)
    wanted_ids = {photo.photo_id for photo in wanted}
    for part in plan.finished:
        assert part.files is not None, "a finished part has its files"
        collected.files.append(part.files)
    settled = [*(part.rows for part in plan.finished), *(part.kept.values() for part in plan.write)]
    for row in itertools.chain.from_iterable(settled):
        if row.photo_id in wanted_ids:
            collected.kept += 1
            _count(collected, row, config)
    if plan.write:
        # uvloop: a third less of this process's time for the same requests, and the decoders wait less for their files
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_Collector(parts, config, collected, progress).run(plan.write))
    collected.files.sort(key=lambda pair: pair[0].path)
    return collected


def _count(collected: Collected, row: StatusRow, config: ImageConfig) -> None:
    collected.counts[row.status] += 1
    collected.retryable += row.status == TRANSIENT and row.attempts < config.max_attempts


class _Collector:
    """One event loop's work on a shard."""

    def __init__(self, parts: Parts, config: ImageConfig, collected: Collected, progress: Progress | None) -> None:
        self._parts = parts
        self._config = config
        self._collected = collected
        self._progress = progress
        self._done: Counter[str] = Counter()
        self._workers = min(config.decode_workers or available_cores(), -(-collected.asked // _PHOTOS_PER_WORKER) or 1)

    async def run(self, plans: Sequence[PartPlan]) -> None:
        """Write the planned parts.

        Raises:
            StorageError: The storage cannot be written.
            DecoderStartError: No decoding process can be started.
        """
        config = self._config
        self._asking = asyncio.Semaphore(config.concurrency)
        # files in memory: those being fetched, and enough that the decoders never wait
        self._in_memory = asyncio.Semaphore(config.concurrency + 2 * BATCH * self._workers)
        self._open_parts = asyncio.Semaphore(OPEN_PARTS)
        readers = ThreadPoolExecutor(min(_READERS, config.concurrency), thread_name_prefix="read")
        try:
            async with (
                Web(config) as self._web,
                DecodePool(sizes_of(config), self._workers, config.decode_timeout) as self._decoders,
                asyncio.TaskGroup() as tasks,
            ):
                self._readers = readers
                for plan in plans:
                    await self._open_parts.acquire()
                    tasks.create_task(self._part(plan))
        except BaseExceptionGroup as group:  # the first trouble is the cause, the others follow from it
            raise group.exceptions[0] from group
        finally:
            readers.shutdown(wait=False, cancel_futures=True)

    async def _part(self, plan: PartPlan) -> None:
        try:
            fetched = await asyncio.gather(*(self._photo(photo, sent) for photo, sent in plan.fetched))
            found = {photo.row.photo_id: photo for photo in fetched}
            files = await asyncio.to_thread(self._write, plan, found)
        finally:
            self._open_parts.release()
        self._collected.files.append(files)
        for photo in fetched:
            _count(self._collected, photo.row, self._config)

    def _write(self, plan: PartPlan, found: dict[int, Photo]) -> tuple[StoredFile, StoredFile]:
        kept_ok = [row.photo_id for row in plan.kept.values() if row.status == OK]
        images = self._parts.images_of(plan.number, kept_ok)
        kept = {photo_id: Photo(row, images.get(photo_id)) for photo_id, row in plan.kept.items()}
        return self._parts.write(plan.number, [kept.get(one) or found[one] for one in plan.order])

    async def _photo(self, wanted: Wanted, sent_before: int) -> Photo:
        async with self._in_memory:
            data, sent = await self._fetch(wanted.place, sent_before)
            answer = data if isinstance(data, Failure) else await self._decoders.decode(data)
        if not isinstance(data, Failure):
            self._collected.bytes_fetched += len(data)
        attempts = sent_before + sent
        if isinstance(answer, Failure):
            photo = Photo(StatusRow(wanted.photo_id, answer.status, attempts, answer.error, wanted.shown), None)
        elif answer.sha256 in self._config.unavailable_sha256:
            photo = Photo(StatusRow(wanted.photo_id, MISSING, attempts, UNAVAILABLE, wanted.shown), None)
        else:
            photo = Photo(StatusRow(wanted.photo_id, OK, attempts, None, None), answer)
        self._done[photo.row.status] += 1
        if self._progress is not None:
            self._progress(self._done.total(), self._collected.asked, self._done)
        return photo

    async def _fetch(self, place: Location | Failure, sent_before: int) -> tuple[bytes | Failure, int]:
        if isinstance(place, Failure):
            return place, 0
        async with self._asking:
            if place.kind == "web":
                tries = min(self._config.tries, self._config.max_attempts - sent_before)
                return await self._web.fetch(place.target, tries)
            loop = asyncio.get_running_loop()
            most = self._config.max_bytes
            if place.kind == "file":
                return await loop.run_in_executor(self._readers, read_file, place.target, most), 1
            return await loop.run_in_executor(self._readers, read_object, place, most), 1
