"""Decoding in worker processes: a decoder that crashes or hangs costs one photo, nothing else.

Each process has one pipe and is asked by one coroutine, a few photos at a time, so it is known what it was
doing when it died. What one photo becomes is in `assets.images.decode`.
"""

import asyncio
import multiprocessing
import resource
import signal
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self, cast

from assets.images.outcome import Decoded, Failure, Sizes

BATCH = 8
READY = "ready"
_START_TIMEOUT = 180.0  # seconds; torch takes several to import on a busy machine
_STOP_TIMEOUT = 2.0  # seconds


def serve(pipe: Connection, sizes: Sizes) -> None:
    """The worker process: says that it is ready, then answers batches of files until its pipe closes."""
    import torch

    from assets.images.decode import decode

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # nobody reads them here: what is wrong with a file is in its answer
    pipe.send(READY)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            batch = pipe.recv()
        except (EOFError, ConnectionResetError):  # the parent is gone
            return
        pipe.send([decode(data, sizes) for data in batch])


Serve = Callable[[Connection, Sizes], None]


class WorkerLostError(RuntimeError):
    """A worker process died or did not answer in time."""


class DecoderStartError(RuntimeError):
    """Worker processes do not even start: that is the machine's fault, not a photo's."""


class _Worker:
    """One process and its pipe; started anew after a loss."""

    def __init__(self, sizes: Sizes, target: Serve = serve) -> None:
        # the fork server imports torch once for all workers, and a fork of it has no threads of ours
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["assets.images.decode"])
        self._sizes = sizes
        self._target = target
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def _start(self) -> Connection:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=self._target, args=(theirs, self._sizes), daemon=True)
        process.start()
        theirs.close()
        self._process, self._pipe = process, ours
        try:
            if ours.poll(_START_TIMEOUT) and ours.recv() == READY:
                return ours
        except (EOFError, OSError) as error:
            raise DecoderStartError(f"a decoding process did not start ({self.stop()})") from error
        self.stop(at_once=True)
        raise DecoderStartError(f"a decoding process did not start within {_START_TIMEOUT:g} seconds")

    def ask(self, batch: Sequence[bytes], timeout: float) -> list[Decoded | Failure]:
        """Have some files decoded.

        Raises:
            WorkerLostError: The process died, or took longer than `timeout` seconds and was ended.
        """
        pipe = self._pipe or self._start()
        try:
            pipe.send(list(batch))
            if pipe.poll(timeout):
                return cast("list[Decoded | Failure]", pipe.recv())
        except (EOFError, OSError) as error:
            raise WorkerLostError(f"the decoder crashed ({self.stop()})") from error
        self.stop(at_once=True)
        raise WorkerLostError(f"the decoder took more than {timeout:g} seconds")

    def stop(self, *, at_once: bool = False) -> str:
        """End the process, if there is one; says how it ended."""
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if process is None or pipe is None:
            return "not running"
        pipe.close()
        if not at_once:
            process.join(_STOP_TIMEOUT)
        if process.is_alive():
            process.kill()
            process.join()
        code = process.exitcode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"


class DecodePool:
    """Worker processes that decode images for the coroutines of one event loop."""

    def __init__(self, sizes: Sizes, workers: int, timeout: float, target: Serve = serve) -> None:
        """Prepare the pool; the processes start with their first image.

        Args:
            sizes: What to make of every image.
            workers: How many processes.
            timeout: Seconds that one image may take.
            target: What a process runs.
        """
        self._timeout = timeout
        self._workers = [_Worker(sizes, target) for _ in range(workers)]
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="decode")
        self._queue: asyncio.Queue[tuple[bytes, asyncio.Future[Decoded | Failure]]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._attend(worker)) for worker in self._workers]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._threads.shutdown(wait=True)
        for worker in self._workers:
            worker.stop()

    async def decode(self, data: bytes) -> Decoded | Failure:
        """Decode one file; see `assets.images.decode.decode`."""
        answer: asyncio.Future[Decoded | Failure] = asyncio.get_running_loop().create_future()
        await self._queue.put((data, answer))
        return await answer

    async def _attend(self, worker: _Worker) -> None:
        while True:
            waiting = [await self._queue.get()]
            while len(waiting) < BATCH and not self._queue.empty():
                waiting.append(self._queue.get_nowait())
            try:
                answers = await self._answers(worker, [data for data, _ in waiting])
            except (DecoderStartError, OSError) as error:
                for _, future in waiting:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), answer in zip(waiting, answers, strict=True):
                if not future.done():
                    future.set_result(answer)

    async def _ask(self, worker: _Worker, batch: list[bytes]) -> list[Decoded | Failure]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, worker.ask, batch, self._timeout * len(batch))

    async def _answers(self, worker: _Worker, batch: list[bytes]) -> list[Decoded | Failure]:
        try:
            return await self._ask(worker, batch)
        except WorkerLostError:
            # each is tried alone: that shows which it was, and clears one that was only killed from outside
            return [await self._alone(worker, data) for data in batch]

    async def _alone(self, worker: _Worker, data: bytes) -> Decoded | Failure:
        try:
            return (await self._ask(worker, [data]))[0]
        except WorkerLostError as error:
            return Failure("undecodable", f"expected an image that can be decoded: {error}")
