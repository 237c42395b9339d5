"""Verdicts on made-up scores whose truth is known."""

import numpy as np
import polars as pl
import pytest

from assets.study.claims import Evidence, judge_claims
from assets.study.comparisons import Claim, Part, Side

ITEMS = 300
SIDES = (Side(("ours",), granularity="city"), Side(("theirs",), granularity="city"))
OVER = Part("ours over theirs, city", *SIDES)
EQUAL = Part("ours equals theirs, city", *SIDES, equal=True)


def evidence(effects: tuple[float, ...], noise: float = 5.0) -> Evidence:
    """Scores of two models over seeds; ours are higher by `effects` on average."""
    rng = np.random.default_rng(0)
    scores = {}
    for seed, effect in enumerate(effects):
        base = rng.normal(20, 5, ITEMS)
        for_models = [("theirs", base), ("ours", base + effect + rng.normal(0, noise, ITEMS))]
        scores[seed] = pl.concat(
            pl.DataFrame(
                {
                    "model": model,
                    "slice": "all",
                    "measure": "precision_at_10",
                    "granularity": "city",
                    "query_id": np.arange(ITEMS),
                    "photo_id": 1_000 + np.arange(ITEMS),
                    "value": value,
                }
            )
            for model, value in for_models
        )
    tagged = {
        seed: pl.DataFrame(
            {
                "model": ["ours", "theirs"],
                "slice": "all",
                "photo_id": [1_000, 1_000],
                "tag_ids": [[0, 1], [0, 2]],
                "is_correct": [[True, True], [True, False]],
            },
            schema_overrides={"tag_ids": pl.List(pl.Int32)},
        )
        for seed in scores
    }
    photos = pl.DataFrame(
        {
            "photo_id": 1_000 + np.arange(ITEMS),
            "user_id": [None if one % 10 == 0 else f"user {one // 2}" for one in range(ITEMS)],
            "tag_ids": [[0, 1, 2]] * ITEMS,
        }
    )
    return Evidence.of(scores, tagged, photos)


def judged(found: Evidence, *parts: Part) -> tuple[dict[str, object], list[str]]:
    claims, judged_parts = judge_claims(found, [Claim(1, "Ours beats theirs.", parts)])
    return claims.row(0, named=True), judged_parts.get_column("verdict").to_list()


def test_an_effect_that_is_there_holds() -> None:
    claim, parts = judged(evidence((3.0, 2.5, 3.5)), OVER)
    assert (claim["verdict"], parts) == ("holds", ["holds"])
    assert claim["effect"] == pytest.approx(3.0, abs=0.6)
    assert claim["effect_low"] < 3.0 < claim["effect_high"]
    assert claim["p_value"] < 0.001
    assert claim["seeds"] == 3


def test_the_opposite_does_not_hold_and_is_named() -> None:
    claim, parts = judged(evidence((-3.0, -2.5, -3.5)), OVER)
    assert (claim["verdict"], parts) == ("does not", ["does not"])
    assert "against it: ours over theirs, city (-" in str(claim["reason"])


def test_no_effect_is_undecided_but_equal() -> None:
    nothing = evidence((0.0, 0.0, 0.0), noise=1.0)
    assert judged(nothing, OVER)[0]["verdict"] == "undecided"
    assert judged(nothing, EQUAL)[0]["verdict"] == "holds"


def test_what_is_apart_is_not_equal() -> None:
    assert judged(evidence((3.0, 3.0, 3.0)), EQUAL)[0]["verdict"] == "does not"


def test_seeds_that_disagree_decide_nothing() -> None:
    claim, _ = judged(evidence((6.0, 6.0, -2.0)), OVER)
    assert claim["p_value"] < 0.05
    assert claim["verdict"] == "undecided"


def test_one_seed_is_a_first_look() -> None:
    claim, parts = judged(evidence((6.0,)), OVER)
    assert (claim["verdict"], parts, claim["seeds"]) == ("undecided", ["undecided"], 1)
    assert claim["reason"] == "1 of 3 seeds: a first look, nothing is decided by it"


def test_a_claim_holds_only_if_all_its_parts_do() -> None:
    claim, parts = judged(evidence((3.0, 3.0, 3.0)), OVER, EQUAL)
    assert parts == ["holds", "does not"]
    assert claim["verdict"] == "does not"
    assert str(claim["reason"]).startswith("1 of 2 comparisons hold, 1 do not, 0 undecided")


def test_diversity_is_compared_by_distinct_hashtags() -> None:
    sides = (Side(("ours",), "correctly_predicted_tags_pct"), Side(("theirs",), "correctly_predicted_tags_pct"))
    _, parts = judge_claims(evidence((0.0, 0.0, 0.0)), [Claim(5, "More kinds.", (Part("more", *sides),))])
    row = parts.row(0, named=True)
    assert (row["higher"], row["lower"]) == (pytest.approx(100 * 2 / 3), pytest.approx(100 / 3))
    assert row["effect"] == pytest.approx(100 / 3)
    assert row["effect_low"] is None


def test_scores_that_a_seed_lacks_are_named() -> None:
    whole = evidence((1.0, 1.0, 1.0))
    holed = Evidence(whole.scores.head(whole.scores.height - 1), whole.taggings, whole.carried, whole.seeds)
    claim, _ = judged(holed, OVER)
    assert (claim["verdict"], claim["effect"], claim["p_value"]) == ("undecided", None, None)
    assert "not tested: precision_at_10 of ours: expected scores of every seed" in str(claim["reason"])
    unknown = Part("x", Side(("nobody",), granularity="city"), SIDES[1])
    claim, parts = judged(whole, OVER, unknown)
    assert parts[1] == "undecided"
    assert "nobody" in str(claim["reason"])


def test_seeds_that_were_asked_other_things_are_not_paired() -> None:
    whole = evidence((1.0, 1.0, 1.0))
    other = pl.col("photo_id") + pl.when(pl.col("seed") == 1).then(5_000).otherwise(0)
    mixed = Evidence(whole.scores.with_columns(other), whole.taggings, whole.carried, whole.seeds)
    assert "the seeds were asked other things" in str(judged(mixed, OVER)[0]["reason"])


def test_p_of_two_equal_sides_is_that_they_differ() -> None:
    claim, _ = judged(evidence((0.0, 0.0, 0.0), noise=1.0), EQUAL)
    assert claim["p_value"] < 0.05
    near = judged(evidence((0.6, 0.6, 0.6), noise=5.0), EQUAL)[0]
    assert near["verdict"] == "undecided"
    assert near["p_value"] > 0.05
