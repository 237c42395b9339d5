"""Paired tests against enumeration by hand."""

import itertools

import numpy as np
import pytest

from assets.study.paired import diversity, paired


def test_p_is_the_share_of_all_flips_of_whole_users_that_go_as_far() -> None:
    differences = np.array([[3.0, 1.0, 2.0, -1.0, 4.0, 2.0], [1.0, 1.0, 0.0, 1.0, 2.0, 2.0]])
    users = np.array([7, 7, 3, 3, 9, 5])
    found = paired(differences, users)
    sums = np.array([2.0 + 1.0, 1.0 + 0.0, 3.0, 2.0])  # seeds averaged: 2 1 1 0 3 2
    flips = [abs(float(np.dot(signs, sums))) for signs in itertools.product((-1, 1), repeat=4)]
    assert found.effect == pytest.approx(9 / 6)
    assert found.p_value == pytest.approx(np.mean([one >= 9 for one in flips]))
    assert found.by_seed == pytest.approx((11 / 6, 7 / 6))
    assert found.seeds_agree
    assert found.low <= found.effect <= found.high


def test_many_photos_of_one_user_are_one_witness() -> None:
    differences = np.ones((1, 100))
    assert paired(differences, np.zeros(100, np.int64)).p_value == 1.0
    assert paired(differences, np.arange(100)).p_value < 0.001


def test_no_difference_is_p_1_and_no_sign() -> None:
    found = paired(np.zeros((3, 5)), np.arange(5))
    assert (found.effect, found.low, found.high, found.p_value) == (0.0, 0.0, 0.0, 1.0)
    assert not found.seeds_agree


def test_seeds_that_differ_in_sign_do_not_agree() -> None:
    assert not paired(np.array([[1.0, 1.0], [-0.5, -0.5]]), np.arange(2)).seeds_agree


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(ValueError, match="needs seeds and items"):
        paired(np.zeros((2, 0)), np.zeros(0, np.int64))


def test_interval_covers_a_known_mean() -> None:
    rng = np.random.default_rng(0)
    found = paired(rng.normal(0.5, 1.0, (1, 2_000)), np.arange(2_000))
    assert found.low < 0.5 < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 / np.sqrt(2_000), rel=0.1)


def test_diversity_counts_distinct_hashtags_and_swaps_whole_users() -> None:
    ours = np.array([[[0, 1], [2, 3], [4, -1]]])
    theirs = np.array([[[0, 1], [0, 1], [0, 1]]])
    found = diversity(ours, theirs, np.array([1, 1, 2]), carried=10)
    assert found.effect == pytest.approx(100 * (5 - 2) / 10)
    # Users 1 and 2 swapped or not: 5-2, {0 1 4}-{0 1 2 3}... by hand: +3, +4-3=+1, -1, -3.
    assert found.p_value == pytest.approx(2 / 4)
    assert np.isnan(found.low)


def test_diversity_of_equal_models_is_0() -> None:
    tags = np.arange(12).reshape(1, 4, 3)
    found = diversity(tags, tags, np.arange(4), carried=12)
    assert (found.effect, found.p_value) == (0.0, 1.0)
