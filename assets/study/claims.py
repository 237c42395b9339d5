"""Verdicts on the paper's claims, from the scores of all seeds.

A part holds if its effect has the paper's sign in every seed and p is below 0.05; it does not if the sign is the other
one in every seed and p is below 0.05 by Holm's rule over the claim's parts. Two sides are equal if two one-sided tests
say that they differ by less than half a point, and are not if the whole interval lies beyond. A claim holds if all its
parts do (its p is the largest of theirs), and does not if one does not. With fewer than three seeds nothing is decided.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.base.rounding import rounded
from assets.evaluation.slices import EVERYTHING
from assets.study.comparisons import CLAIMS, DIVERSITY, Claim, Part, Side
from assets.study.paired import EQUAL_WITHIN, Effect, diversity, paired

Verdict = Literal["holds", "does not", "undecided"]

ALPHA = 0.05
FEWEST_SEEDS = 3


class MissingScoresError(ValueError):
    """A comparison's scores are not there for every seed."""


@dataclass(frozen=True)
class Evidence:
    """What the seeds gave.

    Attributes:
        scores: Rows of `study_scores` (slice all) with `seed` and `user`.
        taggings: Rows of `study_taggings` (slice all) with `seed`, by seed and photo, and `user`.
        carried: Distinct hashtags of the tagged photos.
        seeds: Seeds, ascending.
    """

    scores: pl.DataFrame
    taggings: pl.DataFrame
    carried: int
    seeds: tuple[int, ...]

    @classmethod
    def of(
        cls, scores: Mapping[int, pl.DataFrame], taggings: Mapping[int, pl.DataFrame], photos: pl.DataFrame
    ) -> "Evidence":
        """Puts seeds together.

        Args:
            scores: Rows of `study_scores` by seed.
            taggings: Rows of `study_taggings` by seed.
            photos: `photo_id`, `user_id` and `tag_ids` of the photos.
        """
        known = photos.filter(pl.col("user_id").is_not_null())
        users = known.select("photo_id", pl.col("user_id").rank("dense").cast(pl.Int64).alias("user"))

        def together(parts: Mapping[int, pl.DataFrame]) -> pl.DataFrame:
            every = pl.concat(part.with_columns(seed=pl.lit(seed)) for seed, part in sorted(parts.items()))
            # A photo without a known user, and a hashtag asked for alone, stand for themselves.
            ids = [column for column in ("photo_id", "query_id") if column in every.columns]
            own = pl.coalesce("user", -2 - pl.coalesce(ids))
            return (
                every.filter(pl.col("slice") == EVERYTHING)
                .join(users, on="photo_id", how="left")
                .with_columns(user=own)
            )

        tagged = together(taggings).sort("seed", "photo_id")
        carried = photos.join(tagged, on="photo_id", how="semi").get_column("tag_ids").explode().n_unique()
        return cls(together(scores), tagged, carried, tuple(sorted(scores)))

    def effect(self, part: Part) -> tuple[Effect, float, float]:
        """What a part's comparison found, and the mean of each side.

        Raises:
            MissingScoresError: A side has no scores, or not for every seed and item.
        """
        if part.higher.measure in DIVERSITY:
            ours, users = self._predicted(part.higher)
            theirs, _ = self._predicted(part.lower)
            percent = [
                100 * np.mean([len(np.unique(one[one >= 0])) for one in side]) / self.carried for side in (ours, theirs)
            ]
            return diversity(ours, theirs, users, self.carried), float(percent[0]), float(percent[1])
        higher, users = self._values(part.higher)
        lower, _ = self._values(part.lower)
        if higher.shape != lower.shape:
            raise MissingScoresError(
                f"{part.text}: expected as many items on both sides, found {higher.shape}, {lower.shape}"
            )
        return paired(higher - lower, users), float(higher.mean()), float(lower.mean())

    def _values(self, side: Side) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Scores [seeds, items], a mean over the side's models, and each item's user."""
        rows = self.scores.filter(
            (pl.col("measure") == side.measure)
            & pl.col("model").is_in(side.models)
            & pl.col("granularity").eq_missing(pl.lit(side.granularity))
        )
        items = ["query_id", "photo_id", "user"]
        per_item = (
            rows.group_by("seed", *items).agg(pl.col("value").mean(), pl.len()).sort("seed", "query_id", "photo_id")
        )
        count = per_item.height // len(self.seeds)
        whole = per_item.height == count * len(self.seeds) and (per_item.get_column("len") == len(side.models)).all()
        if not count or not whole:
            raise MissingScoresError(
                f"{side.measure} of {', '.join(side.models)}: expected scores of every seed and item"
            )
        _refuse_other_items(side, per_item.select("query_id", "photo_id"), count)
        values = per_item.get_column("value").to_numpy().reshape(len(self.seeds), count)
        return values, per_item.get_column("user").to_numpy()[:count]

    def _predicted(self, side: Side) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Hashtags [seeds, photos, k] that count for a measure of diversity, others -1, and each photo's user."""
        rows = self.taggings.filter(pl.col("model").is_in(side.models))
        count = rows.height // len(self.seeds)
        if not count or rows.height != count * len(self.seeds):
            raise MissingScoresError(f"{side.measure} of {', '.join(side.models)}: expected every photo of every seed")
        _refuse_other_items(side, rows.select("photo_id"), count)
        tags = np.array(rows.get_column("tag_ids").to_list(), dtype=np.int64)
        if side.measure == "correctly_predicted_tags_pct":
            tags = np.where(np.array(rows.get_column("is_correct").to_list(), dtype=bool), tags, -1)
        return tags.reshape(len(self.seeds), count, -1), rows.get_column("user").to_numpy()[:count]


def _refuse_other_items(side: Side, items: pl.DataFrame, count: int) -> None:
    """Pairing needs the same queries and photos in every seed, in the same order."""
    if not all(items.slice(start, count).equals(items.head(count)) for start in range(0, items.height, count)):
        raise MissingScoresError(f"{side.measure} of {', '.join(side.models)}: the seeds were asked other things")


@dataclass(frozen=True)
class Found:
    """What became of one part.

    Attributes:
        part: The comparison.
        effect: What it found, None if it could not be made.
        higher: Mean of the side that the paper has higher, None if unknown.
        lower: Mean of the other one, None if unknown.
        why_not: Why it could not be made.
    """

    part: Part
    effect: Effect | None
    higher: float | None = None
    lower: float | None = None
    why_not: str = ""

    @property
    def p_value(self) -> float:
        """The p that speaks for the part: of a difference, or that there is none; 1 if unknown."""
        if self.effect is None:
            return 1.0
        p_value = self.effect.equal_p if self.part.equal else self.effect.p_value
        return 1.0 if math.isnan(p_value) else p_value


def judge_claims(evidence: Evidence, claims: Sequence[Claim] = CLAIMS) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All claims. What cannot be compared (a model was not trained, no place is far away) is undecided, and says why.

    Returns:
        Rows of `claims` and of `claim_parts`.
    """
    seeds = len(evidence.seeds)
    judged, parts = [], []
    for claim in claims:
        found = [_found(evidence, part) for part in claim.parts]
        verdicts = _verdicts(found, seeds)
        for one, verdict in zip(found, verdicts, strict=True):
            row = {"claim": claim.number, "part": one.part.text, "higher": one.higher, "lower": one.lower}
            parts.append(row | _tested(one, seeds, verdict))
        at, verdict, reason = _decided(found, verdicts, seeds)
        row = {"claim": claim.number, "statement": claim.statement, "reason": reason}
        judged.append(row | _tested(found[at], seeds, verdict))
    return pl.DataFrame(judged, infer_schema_length=None), pl.DataFrame(parts, infer_schema_length=None)


def _found(evidence: Evidence, part: Part) -> Found:
    try:
        return Found(part, *evidence.effect(part))
    except MissingScoresError as error:
        return Found(part, None, why_not=str(error))


def _tested(found: Found, seeds: int, verdict: Verdict) -> dict[str, object]:
    effect = found.effect
    if effect is None:
        figures: dict[str, float | None] = dict.fromkeys(("effect", "effect_low", "effect_high", "p_value"))
    else:
        ends = {"effect_low": effect.low, "effect_high": effect.high}
        known = {name: None if math.isnan(end) else end for name, end in ends.items()}
        figures = {"effect": effect.effect, **known, "p_value": found.p_value}
    return {**figures, "seeds": seeds, "verdict": verdict}


def _verdicts(found: Sequence[Found], seeds: int) -> list[Verdict]:
    if seeds < FEWEST_SEEDS:
        return ["undecided"] * len(found)
    against = _holm([1.0 if one.effect is None else one.effect.p_value for one in found])
    return [_verdict(one, adjusted) for one, adjusted in zip(found, against, strict=True)]


def _verdict(found: Found, adjusted: float) -> Verdict:
    effect = found.effect
    if effect is None:
        return "undecided"
    if found.part.equal:
        beyond = effect.low > EQUAL_WITHIN or effect.high < -EQUAL_WITHIN
        return "holds" if found.p_value < ALPHA else "does not" if beyond and effect.seeds_agree else "undecided"
    if not effect.seeds_agree:
        return "undecided"
    if effect.effect > 0:
        return "holds" if effect.p_value < ALPHA else "undecided"
    return "does not" if adjusted < ALPHA else "undecided"


def _holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p of each."""
    order = np.argsort(p_values, kind="stable")
    stepped = np.maximum.accumulate([(len(p_values) - rank) * p_values[one] for rank, one in enumerate(order)])
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(stepped, 1.0)
    return [float(one) for one in adjusted]


def _decided(found: Sequence[Found], verdicts: Sequence[Verdict], seeds: int) -> tuple[int, Verdict, str]:
    """The part that decides, the claim's verdict, and the reason in words."""

    def those(verdict: Verdict) -> list[int]:
        return [at for at, one in enumerate(verdicts) if one == verdict]

    against, open_ = those("does not"), those("undecided")
    weakest = max(open_ or range(len(found)), key=lambda at: found[at].p_value)
    missing = [one.why_not for one in found if one.why_not]
    if seeds < FEWEST_SEEDS:
        return weakest, "undecided", f"{seeds} of {FEWEST_SEEDS} seeds: a first look, nothing is decided by it"
    tally = (
        f"{len(those('holds'))} of {len(found)} comparisons hold, {len(against)} do not, {len(open_)} undecided"
        + "".join(f"; not tested: {one}" for one in missing)
    )
    if against:
        strongest = min(against, key=lambda at: found[at].p_value if not found[at].part.equal else 0.0)
        return strongest, "does not", f"{tally}; against it: {_shown(found, against)}"
    if open_:
        tested = [at for at in open_ if found[at].effect is not None]
        return weakest, "undecided", f"{tally}; open: {_shown(found, tested)}" if tested else tally
    return weakest, "holds", tally


def _shown(found: Sequence[Found], which: Sequence[int]) -> str:
    effects = [(found[at].part.text, found[at].effect) for at in which]
    # Rounded as the report and DuckDB do: the same figure stands in a cell beside.
    return "; ".join(f"{text} ({rounded(effect.effect):+.2f})" for text, effect in effects if effect is not None)
