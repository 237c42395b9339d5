"""What is to be fetched: the wanted photos against what a shard's parts already settle. Nothing is opened."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from assets.images.locate import Location
from assets.images.outcome import MISSING, OK, TRANSIENT, UNAVAILABLE, Failure
from assets.images.parts import Part, StatusRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """A photo whose image is wanted.

    Attributes:
        photo_id: The photo.
        place: Where its image is, or why that cannot be said.
    """

    photo_id: int
    place: Location | Failure

    @property
    def shown(self) -> str | None:
        """Where it is asked for, as the status table shows it."""
        return self.place.shown if isinstance(self.place, Location) else None


@dataclass(frozen=True)
class PartPlan:
    """A part that is to be written.

    Attributes:
        number: Its number.
        order: Photo ids in the order in which they are written.
        kept: Rows that stay as they are, also of photos that are no longer wanted.
        fetched: Photos to ask for, with the number of requests already sent for each.
    """

    number: int
    order: list[int]
    kept: dict[int, StatusRow]
    fetched: list[tuple[Wanted, int]]


@dataclass
class Plan:
    """What is to be done for one shard.

    Attributes:
        finished: Parts that stay as they are.
        write: Parts to write, each once.
        remove: Numbers of parts that settle nothing any more.
        surplus: Photos in parts that are no longer wanted; they stay, so that they need not be fetched again when
            they are wanted again.
    """

    finished: list[Part] = field(default_factory=list)
    write: list[PartPlan] = field(default_factory=list)
    remove: list[int] = field(default_factory=list)
    surplus: int = 0

    @property
    def to_fetch(self) -> int:
        """Photos to ask for."""
        return sum(len(part.fetched) for part in self.write)


def is_settled(row: StatusRow, wanted: Wanted, max_attempts: int) -> bool:
    """Whether a photo is not to be asked for again.

    A permanent failure is final for the place where it was met; where the photo is looked for elsewhere now
    (another `LOCSENS_IMAGES`), it is a new question.
    """
    if row.status == OK:
        return True
    if row.location != wanted.shown:
        return False
    return row.status != TRANSIENT or row.attempts >= max_attempts


def make_plan(wanted: Sequence[Wanted], parts: Sequence[Part], part_size: int, max_attempts: int) -> Plan:
    """Decide which parts stay, which are written and with what.

    Args:
        wanted: Photos, each once, in a fixed order.
        parts: What is there.
        part_size: Photos in a new part.
        max_attempts: Requests for one photo over all runs.

    Returns:
        The plan. Every wanted photo is in exactly one part, and where nothing was there, the parts are the
        same whether the work is done at once or with interruptions.
    """
    by_id = {photo.photo_id: photo for photo in wanted}
    plan = Plan()
    taken: set[int] = set()
    for part in parts:
        rows = [row for row in part.rows if row.photo_id not in taken]
        taken.update(row.photo_id for row in rows)
        if not rows:
            plan.remove.append(part.number)
            continue
        kept: dict[int, StatusRow] = {}
        fetched: list[tuple[Wanted, int]] = []
        for row in rows:
            photo = by_id.get(row.photo_id)
            plan.surplus += photo is None
            if photo is not None and row.status == OK and row.photo_id in part.stand_ins:
                kept[row.photo_id] = StatusRow(row.photo_id, MISSING, row.attempts, UNAVAILABLE, photo.shown)
            elif photo is None or is_settled(row, photo, max_attempts):
                kept[row.photo_id] = row
            else:
                fetched.append((photo, row.attempts if row.location == photo.shown else 0))
        if part.agrees and list(kept.values()) == part.rows:
            plan.finished.append(part)
        else:
            plan.write.append(PartPlan(part.number, [row.photo_id for row in rows], kept, fetched))
    _add_new_parts(plan, [photo for photo in wanted if photo.photo_id not in taken], part_size)
    return plan


def _add_new_parts(plan: Plan, new: Sequence[Wanted], part_size: int) -> None:
    used = {part.number for part in plan.finished} | {part.number for part in plan.write}
    starts = list(range(0, len(new), part_size))
    if not starts and not used:
        starts = [0]  # a shard without photos still has its typed, empty part
    number = 0
    for start in starts:
        while number in used:
            number += 1
        used.add(number)
        chunk = new[start : start + part_size]
        plan.write.append(PartPlan(number, [photo.photo_id for photo in chunk], {}, [(photo, 0) for photo in chunk]))
    plan.remove = [number for number in plan.remove if number not in used]
