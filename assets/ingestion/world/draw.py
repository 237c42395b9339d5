"""Draws the pictures of a world: a child process per share of them, each picture from its own seed.

A plain child rather than a fork or a multiprocessing pool: the parent may hold threads (Dagster, torch),
and what it imported need not be imported again.
"""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

import assets
from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.world.rows import Picture
from assets.ingestion.world.scenes.scene import draw_scene

_REPORT_EVERY = 100
_TEXT_BODY = b"<html><head><title>404 Not Found</title></head><body>This photo is no longer available.</body></html>\n"


def encode(config: WorldConfig, picture: Picture, extension: str) -> bytes:
    """The bytes of a picture's file, damaged where the picture says so."""
    if picture.damage == "empty":
        return b""
    if picture.damage == "text":
        return _TEXT_BODY
    image, quality = draw_scene(config, picture)
    sink = io.BytesIO()
    if extension == "png":
        image.save(sink, "PNG", compress_level=1)
    else:
        image.convert(picture.mode).save(sink, "JPEG", quality=quality)
    data = sink.getvalue()
    return data[: len(data) * 2 // 5] if picture.damage == "truncated" else data


def draw_pictures(
    config: WorldConfig,
    pictures: list[tuple[str, Picture]],
    images: Path,
    plan: Path,
    progress: Callable[[int, int], None],
) -> None:
    """Draw pictures into files, in `config.processes` child processes.

    Args:
        config: The world.
        pictures: Path inside `images`, and what to draw.
        images: Folder of images; created.
        plan: Path for a temporary file that tells the children what to draw.
        progress: Called with the number of pictures done and wanted.

    Raises:
        RuntimeError: A child failed; what it said is in the message.
    """
    for folder in sorted({Path(name).parent for name, _ in pictures}):
        (images / folder).mkdir(parents=True, exist_ok=True)
    plan.write_text(
        json.dumps({"config": config.model_dump(), "pictures": [(name, asdict(p)) for name, p in pictures]}),
        encoding="utf-8",
    )
    root = str(Path(assets.__file__).parents[1])
    # -c rather than -m: it works from any working directory without touching the environment.
    code = f"import sys; sys.path.insert(0, {root!r}); from {__name__} import main; main(*sys.argv[1:])"
    errors = [plan.with_suffix(f".{share}.err") for share in range(config.processes)]
    children = []
    try:
        for share, error in enumerate(errors):
            command = [sys.executable, "-c", code, str(plan), str(images), str(share)]
            with error.open("wb") as sink:
                children.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=sink))  # noqa: S603  # our own
        done = 0
        for child, error in zip(children, errors, strict=True):
            if child.stdout is None:
                raise RuntimeError("a drawing process has no output to read")
            for report in child.stdout:
                done += int(report)
                progress(done, len(pictures))
            if child.wait() != 0:
                said = error.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"drawing pictures failed with status {child.returncode}: {said}")
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()
        for path in (plan, *errors):
            path.unlink(missing_ok=True)


def _share(pictures: list[tuple[str, dict[str, object]]], share: int, shares: int) -> Iterable[tuple[str, Picture]]:
    return ((name, Picture(**fields)) for name, fields in pictures[share::shares])  # type: ignore[arg-type]  # from asdict


def main(plan: str, images: str, share: str) -> None:
    """What a child does: draw every n-th picture of the plan, and print how many are done."""
    wanted = json.loads(Path(plan).read_text(encoding="utf-8"))
    config = WorldConfig.model_validate(wanted["config"])
    pending = 0
    for name, picture in _share(wanted["pictures"], int(share), config.processes):
        (Path(images) / name).write_bytes(encode(config, picture, name.rpartition(".")[2]))
        pending += 1
        if pending == _REPORT_EVERY:
            # A dead parent breaks the pipe, which ends this process too.
            print(pending, flush=True)
            pending = 0
    if pending:
        print(pending, flush=True)
