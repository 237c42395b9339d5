import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.topk import RunningTop, from_keys, to_keys

SCORES = arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(1, 12)),
    elements=st.one_of(
        st.sampled_from([0.0, -0.0, 1.0, -1.0, 3.4e38, -3.4e38, 1e-45, -1e-45]),
        st.floats(width=32, allow_nan=False, allow_infinity=False),
    ),
)


@given(SCORES)
def test_keys_give_back_scores_and_positions(scores):
    positions = torch.arange(scores.shape[1])
    back = from_keys(to_keys(torch.from_numpy(scores), positions))
    np.testing.assert_array_equal(back.scores.numpy(), scores)  # -0 equals 0
    assert (back.positions == positions).all()


@given(SCORES, st.integers(1, 5), st.integers(1, 15))
def test_blocks_give_the_order_of_a_plain_sort(scores, block, k):
    top = RunningTop(k)
    for first in range(0, scores.shape[1], block):
        top.add(torch.from_numpy(scores[:, first : first + block]), first)
    found = top.result()
    for row, positions in zip(scores, found.positions.numpy(), strict=True):
        expected = sorted(range(len(row)), key=lambda candidate: (-row[candidate], candidate))[:k]
        assert positions.tolist() == expected


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_scores_that_are_not_finite_are_refused(bad):
    top = RunningTop(1)
    top.add(torch.tensor([[1.0, 2.0]]), 5)
    top.add(torch.tensor([[1.0, bad]]), 7)
    with pytest.raises(ValueError, match="scores of candidates from 7 on: expected finite numbers, found NaN"):
        top.result()
