"""What the study trains."""

import pytest

from assets.base.keys import RETRIEVAL_MODELS, TAGGING_MODELS
from assets.base.profiles import load_profile
from assets.study.comparisons import CLAIMS, DIVERSITY
from assets.study.plan import trainings
from models.schedules import learning_rate_area


def test_all_trainings_have_one_budget_of_at_least_1200_steps() -> None:
    plan = trainings(load_profile("sample"), 2)
    assert {one.config.optimisation.steps for one in plan} == {1_200}
    assert len({learning_rate_area(one.config.optimisation) for one in plan}) == 1
    assert {one.config.optimisation.seed for one in plan} == {2}
    assert {(one.config.network.hidden, one.config.network.norm_groups) for one in plan} == {
        ((256, 256, 256, 128, 64), 4)
    }


def test_every_row_of_the_tables_and_every_ablation_is_there() -> None:
    plan = trainings(load_profile("tiny"), 0)
    retrieval = {model for one in plan if one.config.task == "retrieval" for model in one.models.values()}
    assert {model for model in RETRIEVAL_MODELS if model.startswith("locsens")} <= retrieval
    assert retrieval - set(RETRIEVAL_MODELS) == {
        "locsens_sampling_1_alone",
        "locsens_sampling_0.1_alone",
        "locsens_sampling_0.05_alone",
        "locsens_sampling_0.01_alone",
        "locsens_raw_tag_negatives",
        "locsens_raw_narrow",
        "locsens_raw_unnormalised",
        "locsens_raw_fourier",
    }
    tagging = {model for one in plan if one.config.task == "tagging" for model in one.models.values()}
    assert tagging == {model for model in TAGGING_MODELS if model.startswith("locsens")}
    assert {one.key for one in plan if one.split == "user"} == {
        "retrieval_zeroed_users_apart",
        "retrieval_raw_users_apart",
        "tagging_raw_users_apart",
    }
    assert len({one.key for one in plan}) == len(plan)


def test_trainings_of_their_own_end_at_their_sigma() -> None:
    plan = {one.key: one.config for one in trainings(load_profile("tiny"), 0)}
    assert plan["retrieval_sampling"].sigmas == (1.0, 0.1, 0.05, 0.01, 0.0)
    assert plan["retrieval_sampling_0.05"].sigmas == (1.0, 0.1, 0.05)
    assert plan["retrieval_sampling_1"].sigmas == (1.0,)


def test_ablations_change_one_thing() -> None:
    plan = {one.key: one.config for one in trainings(load_profile("tiny"), 0)}
    raw = plan["retrieval_raw"]
    assert plan["retrieval_raw_tag_negatives"] == raw.model_copy(update={"negatives": "image_or_tag"})
    for key, change in {
        "narrow": {"location_width": 10},
        "unnormalised": {"normalise": False},
        "fourier": {"location_encoder": "fourier"},
    }.items():
        assert plan[f"retrieval_raw_{key}"].network == raw.network.model_copy(update=change)


def test_a_width_that_does_not_fit_is_refused() -> None:
    profile = load_profile("tiny")
    profile = profile.model_copy(update={"study": profile.study.model_copy(update={"hidden": (63,)})})
    with pytest.raises(ValueError, match="multiples of norm_groups 4, found 63"):
        trainings(profile, 0)


def test_claims_compare_models_that_are_trained() -> None:
    plan = trainings(load_profile("tiny"), 0)
    known = {model for one in plan for model in one.models.values()} | {"mcc", "mlc", "her"}
    sides = [side for claim in CLAIMS for part in claim.parts for side in (part.higher, part.lower)]
    assert {model for side in sides for model in side.models} <= known
    assert [claim.number for claim in CLAIMS] == list(range(1, 9))
    texts = [part.text for claim in CLAIMS for part in claim.parts]
    assert len(texts) == len(set(texts)) + 8  # claims 2 and 3 both compare raw with four compromises
    assert {side.measure for side in sides} >= set(DIVERSITY)
