"""The paper's eight claims as the study judged them: what the page says of each, and of its parts."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.base.rounding import rounded
from assets.evaluation.report.sql import Query, one_row
from assets.evaluation.report.study import StudyData

MARKS = {"holds": ("✓", "holds"), "does not": ("✕", "fails"), "undecided": ("○", "open")}
"""Verdict → its mark and its style; a verdict without one has the last."""

NOT_TESTED = "not tested"
"""Shown for the verdict of what has no effect: the claim's reason says why."""

_ROUNDED = {
    "effect": "round(effect, 2)",
    "effect_low": "round(effect_low, 2)",
    "effect_high": "round(effect_high, 2)",
    "p_value": "round(p_value, 3)",
    "seeds": "seeds",
}


@dataclass(frozen=True)
class Judged:
    """A claim or a part of one, as shown; `figures` are texts by column, None where there is no such figure."""

    text: str
    verdict: str
    mark: str
    style: str
    figures: dict[str, str | None]
    query: Query
    reason: str = ""
    likely_why: str = ""
    parts: tuple["Judged", ...] = ()


def judged(study: StudyData | None) -> tuple[Judged, ...]:
    """The claims in the paper's order, each with its parts; nothing without a study."""
    if study is None:
        return ()
    found = []
    for row in study.claims.iter_rows(named=True):
        claim = int(row["claim"])
        parts = study.parts.filter(pl.col("claim") == claim)
        found.append(
            _judged(
                row,
                f"{claim}. {row['statement']}",
                Query(f"claim-{claim}", f"Claim {claim}", one_row(_ROUNDED, "claims", {"claim": claim})),
                row["reason"] or "",
                row["likely_why"] or "",
                tuple(
                    _judged(part, part["part"], _part_query(claim, number, part["part"]))
                    for number, part in enumerate(parts.iter_rows(named=True), start=1)
                ),
            )
        )
    return tuple(found)


def _part_query(claim: int, number: int, part: str) -> Query:
    sql = one_row(_ROUNDED, "claim_parts", {"claim": claim, "part": part})
    return Query(f"claim-{claim}-{number}", f"Claim {claim}, {part}", sql)


def _judged(
    row: dict[str, Any],
    text: str,
    query: Query,
    reason: str = "",
    likely_why: str = "",
    parts: tuple[Judged, ...] = (),
) -> Judged:
    verdict = NOT_TESTED if row["effect"] is None else row["verdict"]
    mark, style = MARKS.get(verdict, MARKS["undecided"])
    figures: dict[str, str | None] = {
        name: None if row[name] is None else f"{rounded(row[name]) + 0.0:+.2f}"
        for name in ("effect", "effect_low", "effect_high")
    }
    figures["p_value"] = None if row["p_value"] is None else p_text(row["p_value"])
    figures["seeds"] = None if row["seeds"] is None else str(row["seeds"])
    return Judged(text, verdict, mark, style, figures, query, reason, likely_why, parts)


def p_text(value: float) -> str:
    """A p-value with three digits; 0 stands for less than they show."""
    shown = rounded(value * 10) / 10
    return "< 0.001" if shown < 0.001 else f"{shown:.3f}"


def summary(claims: tuple[Judged, ...]) -> str:
    """How many claims hold, in one sentence."""
    counts = {verdict: sum(claim.verdict == verdict for claim in claims) for verdict in (*MARKS, NOT_TESTED)}
    untested = f", {counts[NOT_TESTED]} could not be tested" if counts[NOT_TESTED] else ""
    return (
        f"Of {len(claims)} claims, {counts['holds']} hold, {counts['does not']} do not, "
        f"{counts['undecided']} are undecided{untested}."
    )
