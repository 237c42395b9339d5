"""`locsens doctor`: looks at settings, storage, source, images, device and versions before a long run does.

Whatever may be far away is looked at in a thread of its own, all at the same time: a store that never answers costs
`PATIENCE` seconds, not more.
"""

import importlib.metadata
import os
import platform
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from packaging.requirements import Requirement

from assets.base.collection import CollectionError
from assets.base.profiles import load_profile
from assets.base.settings import Settings
from assets.base.storage import LOCAL_PROTOCOLS, Storage, StorageError
from assets.base.urls import public_source
from assets.base.word_vector_file import WordVectorError, word_vector_lines
from assets.images.locate import ImageSettingError, Location, Locator
from assets.ingestion.errors import SourceError
from assets.ingestion.read import read_shards
from assets.ingestion.recognise import recognise
from assets.ingestion.sources import find_source_files, parse_source
from pipelines.build import open_workspace

PROBE = ".doctor-probe-"
PATIENCE = 20.0  # seconds
LEAST_FREE_GB = 1.0
FIRST_ROWS = 20
SHOWN = ("dagster", "torch", "torchvision", "polars", "pyarrow", "duckdb", "lightning")
ONE_ATTEMPT = {"AWS_MAX_ATTEMPTS": "1"}  # botocore's own setting: a look is no time for patience


class NotInOrderError(ValueError):
    """Something on this machine is not as it has to be."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    what: str
    ok: bool
    sentence: str


Look = Callable[[Settings], str]


def examine(settings: Settings) -> list[Finding]:
    """Look at everything that a run needs; each finding is one sentence."""
    far: list[tuple[str, Look]] = [
        ("storage", _storage),
        ("collection", _collection),
        ("source", _source),
        ("images", _images),
        ("word vectors", _word_vectors),
    ]
    near: list[tuple[str, Look]] = [
        ("profile", _profile),
        ("work folder", _work),
        ("device", _device),
        ("versions", _versions),
    ]
    end = time.monotonic() + PATIENCE
    with _hurried():
        begun = [(what, _begin(look, settings)) for what, look in far]
        here = {what: _finding(what, partial(look, settings)) for what, look in near}
        found = [
            _finding(what, lambda future=future: future.result(max(0.0, end - time.monotonic())))  # type: ignore[misc]
            for what, future in begun
        ]
    return [here["profile"], here["work folder"], *found, here["device"], here["versions"]]


def _finding(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except TimeoutError:
        return Finding(what, False, f"no answer within {PATIENCE:g} seconds")
    except (
        StorageError, CollectionError, SourceError, ImageSettingError, WordVectorError, NotInOrderError,
    ) as error:  # fmt: skip
        return Finding(what, False, str(error))


def _begin(look: Look, settings: Settings) -> Future[str]:
    """Look in a thread that the end of the process does not wait for."""
    future: Future[str] = Future()

    def work() -> None:
        try:
            future.set_result(look(settings))
        except BaseException as error:  # noqa: BLE001 - whoever waits for the result gets it
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future


@contextmanager
def _hurried() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ONE_ATTEMPT}
    os.environ.update(ONE_ATTEMPT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _profile(settings: Settings) -> str:
    return load_profile(settings.profile).name


def _free(folder: Path) -> str:
    """How much is free where a folder is, or will be.

    Raises:
        NotInOrderError: Too little.
    """
    there = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(there).free / 1e9
    if free < LEAST_FREE_GB:
        raise NotInOrderError(f"{folder}: expected at least {LEAST_FREE_GB:g} GB of free disk, found {free:.1f} GB")
    return f"{free:,.1f} GB free"


def _work(settings: Settings) -> str:
    folder = settings.work.absolute()
    probe = folder / f"{PROBE}{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"probe")
        probe.unlink()
    except OSError as error:
        raise NotInOrderError(f"LOCSENS_WORK: {folder} cannot be written ({error.strerror})") from error
    return f"{folder} can be written, {_free(folder)}"


def _storage(settings: Settings) -> str:
    storage = Storage(settings.storage)
    path, content = f"{PROBE}{secrets.token_hex(4)}", secrets.token_bytes(16)
    storage.write_bytes(path, content)
    found = storage.read_bytes(path)
    storage.remove(path)
    if found != content:
        raise StorageError(f"storage {storage.shown}: a probe was read back changed")
    if storage.exists(path):
        raise StorageError(f"storage {storage.shown}: a probe was removed and is still there")
    free = f", {_free(Path(storage.root))}" if storage.is_local else ""
    return f"{storage.shown} can be written, read and cleared{free}"


def _collection(settings: Settings) -> str:
    collection = open_workspace(settings).collection()
    return f"source {collection.source}, profile {collection.profile}, {len(collection.files)} files registered"


def _source(settings: Settings) -> str:
    source = parse_source(settings.source)
    if source.is_sample:
        return "the generated sample world"
    files = find_source_files(source)
    limit = f", of each the first {settings.limit_rows:,} rows" if settings.limit_rows else ""
    size = sum(file.bytes for file in files) / 1e6
    return f"{len(files)} files, {size:,.1f} MB{limit}; the first is {recognise(files[0], source.kind).describe()}"


def _images(settings: Settings) -> str:
    locator = Locator(settings.images, settings.source)
    if missing := locator.missing_root():
        raise ImageSettingError(f"LOCSENS_IMAGES: the folder {missing} is not there")
    if settings.images:
        return f"from {public_source(settings.images)}"
    paths = _first_images(settings, locator)
    if paths and not any(path.is_file() for path in paths):
        raise NotInOrderError(f"none of the first {len(paths)} is there; expected a file at {paths[0]}")
    return "where each row says"


def _first_images(settings: Settings, locator: Locator) -> list[Path]:
    """Local files that the first rows name, of a source on this machine; empty where nothing can be read."""
    source = parse_source(settings.source)
    if source.is_sample or urlsplit(source.place).scheme not in {"", *LOCAL_PROTOCOLS}:
        return []
    try:
        file = find_source_files(source)[0]
        rows = next(read_shards(file, recognise(file, source.kind), FIRST_ROWS, FIRST_ROWS)).raw
    except SourceError:  # told by `_source`
        return []
    photos = zip(*(rows[name].to_pylist() for name in ("photo_id", "download_url")), strict=True)
    places = (locator.locate(photo_id, None, url) for photo_id, url in photos)
    return [Path(place.target) for place in places if isinstance(place, Location) and place.kind == "file"]


def _word_vectors(settings: Settings) -> str:
    if not settings.word_vectors:
        return "the sample world's own" if parse_source(settings.source).is_sample else "none given: HER is not run"
    first = next(iter(word_vector_lines(settings.word_vectors)))
    return f"{public_source(settings.word_vectors)} begins with {first.word!r}, {len(first.vector())} numbers a word"


def _device(settings: Settings) -> str:
    import torch

    there = torch.cuda.device_count()
    if settings.device != "cpu" and 0 < there < settings.devices:
        raise NotInOrderError(f"LOCSENS_DEVICES: expected at most the {there} CUDA devices, found {settings.devices}")
    if not settings.device.startswith("cuda"):
        return f"{settings.device}, CUDA {'available' if torch.cuda.is_available() else 'not available'}"
    if not torch.cuda.is_available():
        raise NotInOrderError(f"device {settings.device}: expected a CUDA device, none is available; use auto or cpu")
    asked = int(settings.device.partition(":")[2] or 0)
    if asked >= there:
        raise NotInOrderError(f"device {settings.device}: expected one of {there} CUDA devices, counted from 0")
    return f"{settings.device}, {torch.cuda.get_device_name(asked)}"


def _versions(_: Settings) -> str:
    wrong = []
    for text in importlib.metadata.requires("locsens") or ():
        needed = Requirement(text)
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        try:
            found = importlib.metadata.version(needed.name)
        except importlib.metadata.PackageNotFoundError:
            found = "none"
        if found == "none" or not needed.specifier.contains(found, prereleases=True):
            wrong.append(f"{needed.name}: expected {needed.specifier}, found {found}")
    if wrong:
        raise NotInOrderError(f"{'; '.join(wrong)}; run `make setup`")
    shown = (f"{name} {importlib.metadata.version(name)}" for name in SHOWN)
    return f"Python {platform.python_version()}, {', '.join(shown)}"
