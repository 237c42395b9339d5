"""Seeds of other photos, settings or code are not compared."""

from dataclasses import replace

import pytest

from assets.base.provenance import Input
from assets.study.age import why_not_together

PHOTOS = Input("photos", "f-00000", "1")


OTHER = "seeds 1 were run with other inputs, settings or code than seed 0"


class Made:
    """What is looked at of a record."""

    def __init__(self, inputs: tuple[Input, ...] = (PHOTOS,), finished_at: str = "1", **other: str) -> None:
        self.inputs, self.finished_at = inputs, finished_at
        self.profile_hash, self.code_version = other.get("profile_hash", "p"), other.get("code_version", "1")


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (Made(), ""),
        (Made((replace(PHOTOS, data_version="0"),)), "seeds 1 were run on other photos than those of now"),
        (
            Made((PHOTOS, Input("vocabulary", None, "2"))),
            OTHER,
        ),
        (Made(profile_hash="q"), OTHER),
        (Made(code_version="2"), OTHER),
    ],
)
def test_seeds_are_compared_only_if_made_alike(second: Made, why: str) -> None:
    found = why_not_together({"0": Made(finished_at="2"), "1": second}, [PHOTOS])  # type: ignore[dict-item]
    assert found.startswith(why)
    assert bool(found) == bool(why)
    if why:
        assert found.endswith("`locsens materialize --refresh study_runs:1`")
