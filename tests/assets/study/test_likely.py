"""Likely reasons stand only beside what does not hold, and only where they were found."""

import polars as pl
import pytest

from assets.study import likely
from assets.study.comparisons import CLAIMS
from assets.study.likely import LIKELY_WHY, with_likely_why


def test_reasons_stand_beside_what_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likely, "LIKELY_WHY", {1: "small", 2: "smaller", 3: "smallest", 5: "never"})
    judged = pl.DataFrame(
        {
            "claim": [1, 2, 3, 4, 5],
            "verdict": ["does not", "holds", "undecided", "does not", "undecided"],
            "effect": [-1.0, 1.0, 0.5, -2.0, None],
            "seeds": 3,
        }
    )
    assert with_likely_why(judged, of_sample=True)["likely_why"].to_list() == ["small", None, "smallest", None, None]
    assert with_likely_why(judged, of_sample=False)["likely_why"].to_list() == [None] * 5
    first_look = judged.with_columns(seeds=1)
    assert with_likely_why(first_look, of_sample=True)["likely_why"].to_list() == [None] * 5


def test_reasons_are_of_claims() -> None:
    assert set(LIKELY_WHY) <= {claim.number for claim in CLAIMS}
