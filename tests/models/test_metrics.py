import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.metrics import precision_at_k, tagging_figures, within

HITS = arrays(np.bool_, st.tuples(st.integers(1, 6), st.integers(1, 15)))


@given(HITS, st.integers(1, 12))
def test_precision_by_brute_force(hits, k):
    expected = [100 * sum(bool(hit) for hit in row[:k]) / k for row in hits]
    assert precision_at_k(hits, k).tolist() == pytest.approx(expected)


def test_fewer_ranked_than_k_still_divides_by_k():
    assert precision_at_k(np.ones((1, 4), dtype=bool), 10).tolist() == [40.0]


def test_within_a_distance():
    has_tag = np.array([[True, True, True, False, True]])
    distance = np.array([[0.0, 25.0, 25.001, 1.0, np.nan]])
    assert within(has_tag, distance, 25.0).tolist() == [[True, True, False, False, False]]
    assert within(has_tag, distance, None).tolist() == has_tag.tolist()


TAGS = st.integers(1, 5).flatmap(
    lambda depth: st.lists(
        st.tuples(
            st.lists(st.integers(0, 9), min_size=depth, max_size=depth, unique=True),
            st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True),
        ),
        min_size=1,
        max_size=6,
    )
)


@given(TAGS, st.integers(1, 4))
def test_tagging_by_brute_force(photos, k):
    predicted = np.array([ranked for ranked, _ in photos], dtype=np.int32)
    correct = np.array([[tag in own for tag in ranked] for ranked, own in photos])
    owned = np.concatenate([own for _, own in photos])
    figures = tagging_figures(predicted, correct, owned, k)

    distinct = {tag for _, own in photos for tag in own}
    tops = {tag for ranked, _ in photos for tag in ranked[:k]}
    right = {tag for ranked, own in photos for tag in ranked[:k] if tag in own}
    first = sum(ranked[0] in own for ranked, own in photos)
    any_right = sum(any(tag in own for tag in ranked[:k]) for ranked, own in photos)
    assert figures.accuracy_at_1 == pytest.approx(100 * first / len(photos))
    assert figures.accuracy_at_k == pytest.approx(100 * any_right / len(photos))
    assert figures.predicted_tags_pct == pytest.approx(100 * len(tops) / len(distinct))
    assert figures.correctly_predicted_tags_pct == pytest.approx(100 * len(right) / len(distinct))


def test_frequency_baseline_by_hand():
    """Ten hashtags for every photo, two of them true somewhere, of 40 distinct true ones."""
    predicted = np.tile(np.arange(10, dtype=np.int32), (20, 1))
    correct = np.zeros((20, 10), dtype=bool)
    correct[0, 0] = correct[1, 9] = correct[2, 9] = True
    figures = tagging_figures(predicted, correct, np.arange(5, 45))
    assert figures.accuracy_at_1 == 5.0
    assert figures.accuracy_at_k == 15.0
    assert figures.predicted_tags_pct == 25.0
    assert figures.correctly_predicted_tags_pct == 5.0


def test_nothing_to_divide_by():
    with pytest.raises(ValueError, match="tagging of 0 photos with 0 hashtags"):
        tagging_figures(np.zeros((0, 10), np.int32), np.zeros((0, 10), bool), np.zeros(0, np.int64))
