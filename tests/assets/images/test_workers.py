import asyncio
import importlib
import os
import signal
import sys

import pytest

from assets.images import workers
from assets.images.decode import decode
from assets.images.outcome import Decoded, Failure, Sizes
from assets.images.workers import DecodePool, DecoderStartError, Serve, WorkerLostError, serve

SIZES = Sizes(48, 90, 1_000_000)


def decode_all(
    files: list[bytes], count: int = 1, timeout: float = 30, target: Serve = serve
) -> list[Decoded | Failure]:
    async def go() -> list[Decoded | Failure]:
        async with DecodePool(SIZES, count, timeout, target) as pool:
            return list(await asyncio.gather(*(pool.decode(data) for data in files)))

    return asyncio.run(go())


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Worker functions with bugs, in a module that a worker process can import."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "hostile_workers.py").write_text(HOSTILE)
    sys.path.insert(0, str(folder))
    yield importlib.import_module("hostile_workers")
    sys.path.remove(str(folder))


HOSTILE = """
import os, signal, time
from assets.images.decode import decode
from assets.images.workers import READY

def fragile(pipe, sizes):
    pipe.send(READY)
    while True:
        try:
            batch = pipe.recv()
        except EOFError:
            return
        if b"crash" in batch:
            os.kill(os.getpid(), signal.SIGKILL)
        if b"hang" in batch:
            time.sleep(1000)
        pipe.send([decode(data, sizes) for data in batch])

def stillborn(pipe, sizes):
    os._exit(3)
"""


def test_workers_give_what_the_function_gives(picture) -> None:
    files = [picture(seed) for seed in range(20)] + [b"", b"text"]
    assert decode_all(files, count=2) == [decode(data, SIZES) for data in files]


@pytest.mark.parametrize(("bad", "words"), [(b"crash", "signal 9"), (b"hang", "more than 0.5 seconds")])
def test_a_crash_or_a_hang_costs_one_photo(picture, hostile, bad: bytes, words: str) -> None:
    files = [picture(seed) for seed in range(12)]
    answers = decode_all([*files[:5], bad, *files[5:]], timeout=0.5, target=hostile.fragile)
    assert isinstance(answers[5], Failure)
    assert answers[5].status == "undecodable"
    assert words in answers[5].error
    assert [*answers[:5], *answers[6:]] == [decode(data, SIZES) for data in files]


def test_a_worker_killed_from_outside_costs_nothing(picture) -> None:
    worker = workers._Worker(SIZES)
    data = picture(1)
    assert isinstance(worker.ask([data], 30)[0], Decoded)
    os.kill(worker._process.pid, signal.SIGKILL)
    with pytest.raises(WorkerLostError, match="signal 9"):
        worker.ask([data], 30)
    assert isinstance(worker.ask([data], 30)[0], Decoded)
    worker.stop()


def test_workers_that_do_not_start_are_no_photos_fault(picture, hostile) -> None:
    with pytest.raises(DecoderStartError, match="exit code 3"):
        decode_all([picture(1)], target=hostile.stillborn)
