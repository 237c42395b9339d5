"""`locsens doctor`: looks at settings, storage, source, device and versions before a long run does."""

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass

from assets.base.collection import CollectionError
from assets.base.profiles import load_profile
from assets.base.settings import Settings
from assets.base.storage import Storage, StorageError
from assets.base.urls import public_source
from assets.base.word_vector_file import WordVectorError, word_vector_lines
from assets.images.locate import ImageSettingError, Locator
from assets.ingestion.errors import SourceError
from assets.ingestion.sources import find_source_files, parse_source
from pipelines.build import open_workspace

PROBE = ".doctor-probe"
PACKAGES = ("dagster", "torch", "torchvision", "polars", "pyarrow", "duckdb", "lightning")


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    what: str
    ok: bool
    sentence: str


def examine(settings: Settings) -> list[Finding]:
    """Look at everything that a run needs; each finding is one sentence."""
    looks: list[tuple[str, Callable[[Settings], str]]] = [
        ("profile", _profile),
        ("storage", _storage),
        ("collection", _collection),
        ("source", _source),
        ("images", _images),
        ("word vectors", _word_vectors),
        ("device", _device),
        ("versions", _versions),
    ]
    findings = []
    for what, look in looks:
        try:
            findings.append(Finding(what, True, look(settings)))
        except (StorageError, CollectionError, SourceError, ImageSettingError, WordVectorError, DeviceError) as error:
            findings.append(Finding(what, False, str(error)))
    return findings


class DeviceError(ValueError):
    """The device asked for is not there."""


def _profile(settings: Settings) -> str:
    return f"{load_profile(settings.profile).name}"


def _storage(settings: Settings) -> str:
    storage = Storage(settings.storage)
    storage.write_bytes(PROBE, b"probe")
    if storage.read_bytes(PROBE) != b"probe":
        raise StorageError(f"storage {storage.shown}: a probe was read back changed")
    storage.remove(PROBE)
    return f"{storage.shown} can be written, read and cleared"


def _collection(settings: Settings) -> str:
    collection = open_workspace(settings).collection()
    return f"source {collection.source}, profile {collection.profile}, {len(collection.files)} files registered"


def _source(settings: Settings) -> str:
    source = parse_source(settings.source)
    if source.is_sample:
        return "the generated sample world"
    files = find_source_files(source)
    limit = f", of each the first {settings.limit_rows:,} rows" if settings.limit_rows else ""
    return f"{len(files)} files, {sum(file.bytes for file in files) / 1e6:,.1f} MB{limit}"


def _images(settings: Settings) -> str:
    locator = Locator(settings.images, settings.source)
    if missing := locator.missing_root():
        raise ImageSettingError(f"LOCSENS_IMAGES: the folder {missing} is not there")
    return f"from {public_source(settings.images)}" if settings.images else "from each row's download URL"


def _word_vectors(settings: Settings) -> str:
    if not settings.word_vectors:
        return "the sample world's own" if parse_source(settings.source).is_sample else "none given: HER is not run"
    first = next(iter(word_vector_lines(settings.word_vectors)))
    return f"{public_source(settings.word_vectors)} begins with {first.word!r}, {len(first.vector())} numbers a word"


def _device(settings: Settings) -> str:
    import torch

    if settings.device.startswith("cuda") and not torch.cuda.is_available():
        raise DeviceError(f"device {settings.device}: expected a CUDA device, none is available; use auto or cpu")
    return f"{settings.device}, CUDA {'available' if torch.cuda.is_available() else 'not available'}"


def _versions(_: Settings) -> str:
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
