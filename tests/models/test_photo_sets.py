import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.photo_sets import EpochOrder, MemoryPixels, PhotoSet, PhotoTags

TAGS = PhotoTags(torch.tensor([0, 2, 3, 6]), torch.tensor([4, 9, 1, 0, 2, 7]))


def test_pairs_list_every_tag_of_every_photo_asked_for():
    rows, tags = TAGS.pairs(torch.tensor([2, 0, 2]))
    assert rows.tolist() == [0, 0, 0, 1, 1, 2, 2, 2]
    assert tags.tolist() == [0, 2, 7, 4, 9, 0, 2, 7]


def test_draw_gives_each_tag_its_share_of_the_unit_interval():
    positions = torch.tensor([2, 2, 2, 2, 0, 0, 1])
    uniform = torch.tensor([0.0, 0.3333, 0.34, 1 - 2**-53, 0.49, 0.5, 0.99], dtype=torch.float64)
    assert TAGS.draw(positions, uniform).tolist() == [0, 0, 2, 7, 4, 9, 1]


def test_only_some_tags():
    kept = torch.zeros(10, dtype=torch.bool)
    kept[[9, 2, 7]] = True
    rest = TAGS.only(kept)
    assert rest.counts().tolist() == [1, 0, 2]
    assert rest.values.tolist() == [9, 2, 7]


def test_select_photos():
    chosen = TAGS.select(torch.tensor([2, 1]))
    assert chosen.offsets.tolist() == [0, 3, 4]
    assert chosen.values.tolist() == [0, 2, 7, 1]


def test_numbers_that_do_not_agree_are_refused():
    pixels = MemoryPixels(torch.zeros(3, 3, 2, 2, dtype=torch.uint8))
    assert len(PhotoSet(pixels, TAGS, (2, 1))) == 3
    with pytest.raises(ValueError, match="found 3 images, 3 photos and 4 in parts"):
        PhotoSet(pixels, TAGS, (2, 2))


def test_no_photo_is_refused():
    with pytest.raises(ValueError, match="no photo to learn from"):
        EpochOrder([], 4, 0)


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.integers(0, 9), min_size=1, max_size=8).filter(lambda sizes: sum(sizes) > 0),
    window=st.integers(1, 10),
    batch=st.integers(1, 40),
    seed=st.integers(0, 5),
)
def test_every_epoch_has_every_photo_once(parts, window, batch, seed):
    total = sum(parts)
    order = EpochOrder(parts, window, seed)
    steps = -(-3 * total // batch)
    sequence = torch.cat([order.positions(step, batch) for step in range(steps)])
    for epoch in range(3):
        assert sorted(sequence[epoch * total : (epoch + 1) * total].tolist()) == list(range(total))
    # any step on its own is what it was in the sequence
    for step in (steps - 1, 0):
        alone = EpochOrder(parts, window, seed).positions(step, batch)
        assert torch.equal(alone, sequence[step * batch : (step + 1) * batch])


def test_a_window_bounds_the_parts_in_use():
    sizes = [10] * 20
    order = EpochOrder(sizes, 4, 0)
    for first in range(0, 200, 40):
        window = order.positions(first // 40, 40)
        assert len({int(position) // 10 for position in window}) == 4


def test_epochs_and_seeds_differ():
    order = EpochOrder([50, 50], 8, 0)
    assert not torch.equal(order.positions(0, 100), order.positions(1, 100))
    assert not torch.equal(order.positions(0, 100), EpochOrder([50, 50], 8, 1).positions(0, 100))
