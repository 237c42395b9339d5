"""The whole world on paper before anything is drawn: rows, defects, and which line of which file is which."""

import random
from dataclasses import dataclass, field
from pathlib import Path

from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.world import defects
from assets.ingestion.world.rows import Picture, Row, draw_rows
from assets.ingestion.world.write import Layout, file_name, image_name, line

At = tuple[str, int]


@dataclass
class Plan:
    """A world on paper.

    Attributes:
        rows: Every photo once, sound or damaged.
        damaged: Rows by defect.
        sound: Rows without any defect of their own; they may be duplicated.
        twice: Rows found a second time in the same block of 100 lines.
        elsewhere: Rows found a second time in another file.
        files: Lines of each file, malformed ones included.
        where: File and line (from 1) of each photo id, in the order of files and lines.
        malformed: File and line of the malformed rows.
    """

    rows: list[Row]
    damaged: dict[str, list[Row]]
    sound: list[Row]
    twice: list[Row]
    elsewhere: list[Row]
    files: dict[str, list[str]] = field(default_factory=dict)
    where: dict[int, list[At]] = field(default_factory=dict)
    malformed: list[At] = field(default_factory=list)

    def pictures(self) -> list[tuple[str, Picture]]:
        """Path of each image to be drawn, and what it shows."""
        return [(image_name(row), row.picture) for row in self.rows if row.picture is not None]

    def copied_pictures(self) -> list[tuple[str, str]]:
        """Path of each image that is a copy, and of what it is a copy."""
        by_id = {row.photo_id: row for row in self.rows}
        return [(image_name(row), image_name(by_id[row.copy_of])) for row in self.rows if row.copy_of is not None]


def draw_plan(config: WorldConfig, images: Path) -> Plan:
    """Plan a world.

    Args:
        config: What world.
        images: Absolute path of the folder in which the images will lie.
    """
    rng = random.Random(f"locsens world {config.seed}")
    broken = defects.how_many(defects.MALFORMED, config.rows)
    same = defects.how_many(defects.DUPLICATE_IN_SHARD, config.rows)
    across = defects.how_many(defects.DUPLICATE_ACROSS_FILES, config.rows)
    rows = draw_rows(rng, config, config.rows - broken - same - across)
    damaged = defects.apply_defects(rng, list(rows), config.rows)
    sound = damaged.pop("")
    plan = Plan(rows, damaged, sound, sound[:same], sound[same : same + across])
    _lay_out(rng, config, plan, images)
    return plan


def _lay_out(rng: random.Random, config: WorldConfig, plan: Plan, images: Path) -> None:
    copies = defects.duplicates(rng, [*plan.twice, *plan.elsewhere])
    written = [*plan.rows, *copies]
    layout = Layout(rng, config.rows, config.files, range(len(written), config.rows))
    number_of = {row.photo_id: number for number, row in enumerate(plan.rows)}
    for number, copy in enumerate(copies, start=len(plan.rows)):
        place = layout.same_block if number < len(plan.rows) + len(plan.twice) else layout.other_file
        place(number_of[copy.photo_id], number)
    count = 0
    for file, indices in enumerate(layout.file_rows()):
        lines: list[str] = []
        name = file_name(file)
        for index in indices:
            at = (name, len(lines) + 1)
            if index < len(written):
                lines.append(line(written[index], count, images))
                plan.where.setdefault(written[index].photo_id, []).append(at)
            else:
                model = line(plan.sound[index % len(plan.sound)], count, images)
                lines.append(defects.malformed(rng, model))
                plan.malformed.append(at)
            count += 1
        plan.files[name] = lines
