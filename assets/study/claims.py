"""Verdicts on the paper's claims, from the scores of all seeds.

A part holds if its effect has the paper's sign in every seed and p is below 0.05; it does not if the sign is the other
one in every seed and p is below 0.05 by Holm's rule over the claim's parts. Two sides are equal if the interval lies
within half a point. A claim holds if all its parts do (its p is the largest of theirs), and does not if one does not.
With fewer than three seeds nothing is decided.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.study.comparisons import CLAIMS, DIVERSITY, Claim, Part, Side
from assets.study.paired import Effect, diversity, paired

Verdict = Literal["holds", "does not", "undecided"]

ALPHA = 0.05
EQUAL_WITHIN = 0.5
"""Points within which two sides count as equal."""
FEWEST_SEEDS = 3

_EVERYTHING = "all"


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
            own = pl.coalesce(
                "user",
                -2 - pl.coalesce("photo_id", pl.col("query_id"))
                if "query_id" in every.columns
                else -2 - pl.col("photo_id"),
            )
            return (
                every.filter(pl.col("slice") == _EVERYTHING)
                .join(users, on="photo_id", how="left")
                .with_columns(user=own)
            )

        tagged = together(taggings).sort("seed", "photo_id")
        carried = photos.join(tagged, on="photo_id", how="semi").get_column("tag_ids").explode().n_unique()
        return cls(together(scores), tagged, carried, tuple(sorted(scores)))

    def effect(self, part: Part) -> tuple[Effect, float, float]:
        """What a part's comparison found, and the mean of each side (NaN for none).

        Raises:
            MissingScoresError: A side has no scores, or not for every seed and item.
        """
        if part.higher.measure in DIVERSITY and part.lower is not None:
            ours, users = self._predicted(part.higher)
            theirs, _ = self._predicted(part.lower)
            percent = [
                100 * np.mean([len(np.unique(one[one >= 0])) for one in side]) / self.carried for side in (ours, theirs)
            ]
            return diversity(ours, theirs, users, self.carried), float(percent[0]), float(percent[1])
        higher, users = self._values(part.higher)
        if part.lower is None:
            return paired(higher, users), float(higher.mean()), math.nan
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
        values = per_item.get_column("value").to_numpy().reshape(len(self.seeds), count)
        return values, per_item.get_column("user").to_numpy()[:count]

    def _predicted(self, side: Side) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Hashtags [seeds, photos, k] that count for a measure of diversity, others -1, and each photo's user."""
        rows = self.taggings.filter(pl.col("model").is_in(side.models))
        count = rows.height // len(self.seeds)
        if not count or rows.height != count * len(self.seeds):
            raise MissingScoresError(f"{side.measure} of {', '.join(side.models)}: expected every photo of every seed")
        tags = np.array(rows.get_column("tag_ids").to_list(), dtype=np.int64)
        if side.measure == "correctly_predicted_tags_pct":
            tags = np.where(np.array(rows.get_column("is_correct").to_list(), dtype=bool), tags, -1)
        return tags.reshape(len(self.seeds), count, -1), rows.get_column("user").to_numpy()[:count]


def judge_claims(evidence: Evidence, claims: Sequence[Claim] = CLAIMS) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All claims.

    Returns:
        Rows of `claims` and of `claim_parts`.
    """
    judged, parts = [], []
    for claim in claims:
        found = [(part, *evidence.effect(part)) for part in claim.parts]
        verdicts = _verdicts([(part, effect) for part, effect, _, _ in found], len(evidence.seeds))
        for (part, effect, higher, lower), verdict in zip(found, verdicts, strict=True):
            parts.append(
                {
                    "claim": claim.number,
                    "part": part.text,
                    "higher": higher,
                    "lower": None if math.isnan(lower) else lower,
                }
                | _tested(effect, len(evidence.seeds), verdict)
            )
        at, verdict, reason = _decided([(part, effect) for part, effect, _, _ in found], verdicts, len(evidence.seeds))
        judged.append(
            {"claim": claim.number, "statement": claim.statement, "reason": reason}
            | _tested(found[at][1], len(evidence.seeds), verdict)
        )
    return pl.DataFrame(judged, infer_schema_length=None), pl.DataFrame(parts, infer_schema_length=None)


def _tested(effect: Effect, seeds: int, verdict: Verdict) -> dict[str, object]:
    ends = {"effect_low": effect.low, "effect_high": effect.high}
    known = {name: None if math.isnan(end) else end for name, end in ends.items()}
    return {"effect": effect.effect, **known, "p_value": effect.p_value, "seeds": seeds, "verdict": verdict}


def _verdicts(found: Sequence[tuple[Part, Effect]], seeds: int) -> list[Verdict]:
    if seeds < FEWEST_SEEDS:
        return ["undecided"] * len(found)
    against = _holm([effect.p_value for _, effect in found])
    verdicts: list[Verdict] = []
    for (part, effect), adjusted in zip(found, against, strict=True):
        if part.equal:
            within = effect.low > -EQUAL_WITHIN and effect.high < EQUAL_WITHIN
            apart = adjusted < ALPHA and effect.seeds_agree and abs(effect.effect) > EQUAL_WITHIN
            verdicts.append("holds" if within else "does not" if apart else "undecided")
        elif not effect.seeds_agree:
            verdicts.append("undecided")
        elif effect.effect > 0:
            verdicts.append("holds" if effect.p_value < ALPHA else "undecided")
        else:
            verdicts.append("does not" if adjusted < ALPHA else "undecided")
    return verdicts


def _holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p of each."""
    order = np.argsort(p_values, kind="stable")
    stepped = np.maximum.accumulate([(len(p_values) - rank) * p_values[one] for rank, one in enumerate(order)])
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(stepped, 1.0)
    return [float(one) for one in adjusted]


def _decided(found: Sequence[tuple[Part, Effect]], verdicts: Sequence[Verdict], seeds: int) -> tuple[int, Verdict, str]:
    """The part that decides, the claim's verdict, and the reason in words."""
    counts = {one: verdicts.count(one) for one in ("holds", "does not", "undecided")}
    tally = (
        f"{counts['holds']} of {len(found)} comparisons hold, {counts['does not']} do not, "
        f"{counts['undecided']} undecided"
    )
    if seeds < FEWEST_SEEDS:
        at = max(range(len(found)), key=lambda one: found[one][1].p_value)
        return at, "undecided", f"{seeds} of {FEWEST_SEEDS} seeds: a first look, nothing is decided by it"
    if counts["does not"]:
        contrary = [one for one, verdict in enumerate(verdicts) if verdict == "does not"]
        at = min(contrary, key=lambda one: found[one][1].p_value)
        return at, "does not", f"{tally}; against it: {_shown(found, contrary)}"
    at = max(range(len(found)), key=lambda one: found[one][1].p_value)
    if counts["undecided"]:
        open_ = [one for one, verdict in enumerate(verdicts) if verdict == "undecided"]
        return at, "undecided", f"{tally}; open: {_shown(found, open_)}"
    return at, "holds", tally


def _shown(found: Sequence[tuple[Part, Effect]], which: Sequence[int]) -> str:
    return "; ".join(f"{found[one][0].text} ({found[one][1].effect:+.2f})" for one in which)
