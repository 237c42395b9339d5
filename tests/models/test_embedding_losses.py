import math

import pytest
import torch
from torch.nn import functional

from models.embedding_losses import (
    cosine_loss,
    every_tag_cross_entropy,
    one_tag_cross_entropy,
    sigmoid_cross_entropy,
    tag_sum,
)

# Two photos, three tags; photo 0 carries tags 0 and 2, photo 1 carries tag 1.
LOGITS = torch.tensor([[0.0, math.log(2.0), math.log(5.0)], [math.log(3.0), 0.0, 0.0]])
ROWS = torch.tensor([0, 0, 1])
TAGS = torch.tensor([0, 2, 1])


def test_one_tag_cross_entropy_by_hand():
    # exp of the scores: 1, 2, 5 (sum 8) and 3, 1, 1 (sum 5); drawn: tag 2 and tag 1
    expected = (math.log(8 / 5) + math.log(5 / 1)) / 2
    assert one_tag_cross_entropy(LOGITS, torch.tensor([2, 1])).item() == pytest.approx(expected, abs=1e-6)


def test_every_tag_cross_entropy_by_hand():
    photo_0 = (math.log(8 / 1) + math.log(8 / 5)) / 2
    photo_1 = math.log(5 / 1)
    assert every_tag_cross_entropy(LOGITS, ROWS, TAGS).item() == pytest.approx((photo_0 + photo_1) / 2, abs=1e-6)


def test_every_tag_cross_entropy_is_the_mean_over_draws():
    draws = [one_tag_cross_entropy(LOGITS, torch.tensor([tag, 1])).item() for tag in (0, 2)]
    assert every_tag_cross_entropy(LOGITS, ROWS, TAGS).item() == pytest.approx(sum(draws) / 2, abs=1e-6)


def test_sigmoid_cross_entropy_by_hand():
    # sigmoids: 1/2, 2/3, 5/6 and 3/4, 1/2, 1/2
    expected = -(
        math.log(1 / 2) + math.log(1 / 3) + math.log(5 / 6) + math.log(1 / 4) + math.log(1 / 2) + math.log(1 / 2)
    )
    assert sigmoid_cross_entropy(LOGITS, ROWS, TAGS).item() == pytest.approx(expected / 6, abs=1e-6)


def test_sigmoid_cross_entropy_is_the_dense_one_with_its_gradient():
    generator = torch.Generator().manual_seed(3)
    ours = torch.randn(5, 7, generator=generator, requires_grad=True)
    theirs = ours.detach().clone().requires_grad_()
    rows, tags = torch.tensor([0, 0, 2, 3, 4]), torch.tensor([1, 6, 0, 0, 5])
    dense = torch.zeros(5, 7)
    dense[rows, tags] = 1
    loss = sigmoid_cross_entropy(ours, rows, tags)
    reference = functional.binary_cross_entropy_with_logits(theirs, dense)
    loss.backward()
    reference.backward()
    torch.testing.assert_close(loss, reference)
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_half_precision_logits_are_computed_in_float32():
    assert sigmoid_cross_entropy(LOGITS.bfloat16(), ROWS, TAGS).dtype == torch.float32
    assert every_tag_cross_entropy(LOGITS.bfloat16(), ROWS, TAGS).dtype == torch.float32


def test_cosine_loss_against_the_sum_of_word_vectors_by_hand():
    vectors = torch.tensor([[3.0, 0.0], [0.0, 2.0], [0.0, 4.0]])
    targets = tag_sum(vectors, ROWS, TAGS, 2)
    assert targets.tolist() == [[3.0, 4.0], [0.0, 2.0]]
    # cosines with (1, 0): 3/5, and with (0, -1): -1
    embeddings = torch.tensor([[1.0, 0.0], [0.0, -7.0]])
    assert cosine_loss(embeddings, targets).item() == pytest.approx(((1 - 0.6) + 2) / 2, abs=1e-6)
