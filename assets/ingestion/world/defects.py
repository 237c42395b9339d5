"""What goes wrong with rows and files, and how often: one defect a row, done to sound rows.

Where the damaged rows end up (files and lines) is known only when they are written: see `write` and `ledger`.
"""

import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from assets.ingestion.world.concepts import CONCEPTS, EMPTY_WORDS, NOISE_WORDS
from assets.ingestion.world.ledger import Table
from assets.ingestion.world.places import cities, scatter
from assets.ingestion.world.rows import Picture, Row
from assets.ingestion.world.tags import misspelt

NO_LOCATION = 0.49


@dataclass(frozen=True)
class Kind:
    """One kind of defect: how often it happens, where it must show, and what it does to a row."""

    name: str
    rate: float
    table: Table
    reason: str
    apply: Callable[[random.Random, Row], None]
    detectable: bool = True


def _picture(row: Row) -> Picture:
    if row.picture is None:
        raise ValueError(f"photo {row.photo_id} has no picture to be damaged")
    return row.picture


def _video(rng: random.Random, row: Row) -> None:
    row.is_video, row.picture = True, None
    row.extension = "mp4" if rng.random() < 0.5 else "jpg"
    if rng.random() < 0.6:
        row.longitude = row.latitude = ""


def _other_extension(_: random.Random, row: Row) -> None:
    row.extension, row.picture = "gif", None


def no_location(rng: random.Random, row: Row) -> None:
    """Leave out the coordinates; some of these rows lack hashtags too."""
    row.longitude = row.latitude = ""
    row.picture = None
    if rng.random() < 0.10:
        row.tags = []


def _minus_one(_: random.Random, row: Row) -> None:
    row.longitude, row.latitude, row.picture = "-1.0", "-1.0", None


def _no_tags(_: random.Random, row: Row) -> None:
    row.tags, row.picture = [], None


def _zero(rng: random.Random, row: Row) -> None:
    row.longitude, row.latitude = rng.choice((("0.0", "0.0"), ("0", "0"), ("0.000000", "-0.000000")))
    row.picture = None


def _out_of_range(rng: random.Random, row: Row) -> None:
    row.picture = None
    if rng.random() < 0.5:
        row.latitude = f"{rng.choice((-1, 1)) * rng.uniform(90.5, 400):.6f}"
    else:
        row.longitude = f"{rng.choice((-1, 1)) * rng.uniform(180.5, 700):.6f}"


def _not_a_number(rng: random.Random, row: Row) -> None:
    row.latitude, row.picture = rng.choice(("NaN", "nan", "inf")), None


def _swap(_: random.Random, row: Row) -> None:
    row.longitude, row.latitude = row.latitude, row.longitude


def _swap_out_of_range(rng: random.Random, row: Row) -> None:
    row.picture = None
    row.longitude, row.latitude = row.latitude, f"{rng.choice((-1, 1)) * rng.uniform(91, 179):.6f}"


def _wrong_place(rng: random.Random, row: Row) -> None:
    city = rng.choice([city for city in cities() if city is not row.album.city])
    latitude, longitude = scatter(rng, city.latitude, city.longitude, 5.0)
    row.latitude, row.longitude = f"{latitude:.6f}", f"{longitude:.6f}"


def _too_many_tags(rng: random.Random, row: Row) -> None:
    row.tags = rng.sample([concept.word for concept in CONCEPTS], 18) + rng.sample(NOISE_WORDS[:20], 4)


def _no_vocabulary_tag(rng: random.Random, row: Row) -> None:
    row.tags = [*rng.sample(list(EMPTY_WORDS), 2), row.album.user.private_word]


def _repeated_tags(rng: random.Random, row: Row) -> None:
    again = row.tags[: rng.randint(1, 3)]
    row.tags = [*row.tags, *(tag.upper() if tag.isascii() else tag for tag in again)]


def _misspelt_tag(rng: random.Random, row: Row) -> None:
    row.tags = [*row.tags, misspelt(rng, row.tags[0])]


def _another_tags(rng: random.Random, row: Row) -> None:
    row.tags = [rng.choice(CONCEPTS).word, *rng.sample(NOISE_WORDS, 2)]


def _crlf(_: random.Random, row: Row) -> None:
    row.ending = "\r\n"


def _missing(_: random.Random, row: Row) -> None:
    row.picture = None


def _damage(kind: str) -> Callable[[random.Random, Row], None]:
    def apply(_: random.Random, row: Row) -> None:
        _picture(row).damage = kind

    return apply


def _mode(mode: str) -> Callable[[random.Random, Row], None]:
    def apply(_: random.Random, row: Row) -> None:
        _picture(row).mode = mode

    return apply


def _png(_: random.Random, row: Row) -> None:
    row.extension = "png"


KINDS: tuple[Kind, ...] = (
    Kind("video", 0.010, "dropped_photos", "video", _video),
    Kind("other_extension", 0.002, "dropped_photos", "extension", _other_extension),
    Kind("location_minus_one", 0.003, "dropped_photos", "no_location", _minus_one),
    Kind("no_tags", 0.030, "dropped_photos", "no_tags", _no_tags),
    Kind("location_zero", 0.002, "dropped_photos", "bad_location", _zero),
    Kind("location_out_of_range", 0.002, "dropped_photos", "bad_location", _out_of_range),
    Kind("location_swapped_out_of_range", 0.001, "dropped_photos", "bad_location", _swap_out_of_range),
    Kind("location_not_a_number", 0.001, "dropped_photos", "bad_location", _not_a_number),
    Kind("too_many_tags", 0.002, "unused_photos", "too_many_tags", _too_many_tags),
    Kind("no_vocabulary_tag", 0.003, "unused_photos", "no_vocabulary_tag", _no_vocabulary_tag),
    Kind("image_missing", 0.004, "image_status", "missing", _missing),
    Kind("image_truncated", 0.002, "image_status", "undecodable", _damage("truncated")),
    Kind("image_empty", 0.001, "image_status", "undecodable", _damage("empty")),
    Kind("image_is_text", 0.001, "image_status", "not_an_image", _damage("text")),
    Kind("image_grey", 0.004, "image_status", "ok", _mode("L")),
    Kind("image_cmyk", 0.002, "image_status", "ok", _mode("CMYK")),
    Kind("image_png", 0.004, "image_status", "ok", _png),
    Kind("repeated_tags", 0.004, "photos", "", _repeated_tags),
    Kind("crlf", 0.004, "photos", "", _crlf),
    Kind("misspelt_tag", 0.010, "photos", "", _misspelt_tag, detectable=False),
    Kind("location_swapped", 0.003, "photos", "", _swap, detectable=False),
    Kind("wrong_place", 0.004, "photos", "", _wrong_place, detectable=False),
    Kind("another_photos_tags", 0.006, "photos", "", _another_tags, detectable=False),
)

# Kinds that are not done to one sound row.
DUPLICATE_IN_SHARD = 0.001
DUPLICATE_ACROSS_FILES = 0.002
IDENTICAL_IMAGE = 0.002
MALFORMED = 0.002


def how_many(rate: float, rows: int) -> int:
    """Number of rows with a defect: at least three, so that a test of the tiny world meets each."""
    return max(3, round(rate * rows))


def apply_defects(rng: random.Random, rows: list[Row], total: int) -> dict[str, list[Row]]:
    """Damage the rows in place.

    Args:
        rng: Source of chance.
        rows: Sound rows.
        total: Rows of the whole world, of which the rates are shares.

    Returns:
        Damaged rows by name of the defect; under the empty name those left sound.
    """
    locationless = round(NO_LOCATION * total)
    # Albums are drawn independently, so the first rows are as good as any and whole albums lack their
    # location.
    damaged: dict[str, list[Row]] = {"no_location": rows[:locationless]}
    for row in damaged["no_location"]:
        no_location(rng, row)
    rest = rows[locationless:]
    rng.shuffle(rest)
    swappable = [row for row in rest if abs(float(row.longitude)) < 89]
    for kind in KINDS:
        wanted = how_many(kind.rate, total)
        pool = swappable if kind.name == "location_swapped" else rest
        chosen = pool[:wanted]
        for row in chosen:
            kind.apply(rng, row)
        taken = {row.photo_id for row in chosen}
        rest = [row for row in rest if row.photo_id not in taken]
        swappable = [row for row in swappable if row.photo_id not in taken]
        damaged[kind.name] = chosen
    identical = rest[: how_many(IDENTICAL_IMAGE, total)]
    originals = rest[len(identical) : 2 * len(identical)]
    for row, original in zip(identical, originals, strict=True):
        row.picture, row.copy_of = None, original.photo_id
    damaged["image_identical"] = identical
    damaged[""] = rest[2 * len(identical) :]
    return damaged


def duplicates(rng: random.Random, rows: list[Row]) -> list[Row]:
    """The same photos once more: uploaded with another title, everything else the same."""
    copies = []
    for row in rows:
        copy = deepcopy(row)
        copy.title, copy.picture = f"{row.title} (copy {rng.randrange(9)})", None
        copies.append(copy)
    return copies


def malformed(rng: random.Random, line: str) -> str:
    """A sound line of 25 columns with some missing, some too many, or a photo id that is no number."""
    columns = line.rstrip("\r\n").split("\t")
    match rng.randrange(4):
        case 0:
            columns = columns[:-1]
        case 1:
            columns = [*columns[:8], "a+tab", "in+the", "title", *columns[9:]]
        case 2:
            columns = columns[: rng.randrange(3, 12)]
        case _:
            columns[1] = f"photo-{columns[1]}"
    return "\t".join(columns) + "\n"
