import pytest
import torch

from models.augment import Crops, cut, cut_centre, draw_crops
from models.randomness import generator_for

# Every pixel says where it is: channel 0 the row, channel 1 the column, channel 2 the image.
SIDE, CROP = 12, 8


def located(count):
    grid = torch.arange(SIDE, dtype=torch.uint8)
    rows = grid.view(1, 1, SIDE, 1).expand(count, 1, SIDE, SIDE)
    columns = grid.view(1, 1, 1, SIDE).expand(count, 1, SIDE, SIDE)
    images = torch.arange(count, dtype=torch.uint8).view(count, 1, 1, 1).expand(count, 1, SIDE, SIDE)
    return torch.cat([rows, columns, images], dim=1)


def test_cut_takes_the_window_that_was_drawn_and_mirrors_it():
    crops = Crops(torch.tensor([0, 3]), torch.tensor([4, 1]), torch.tensor([False, True]))
    cropped = cut(located(2), crops, CROP)
    assert cropped.shape == (2, 3, CROP, CROP)
    assert cropped[0, 0, :, 0].tolist() == list(range(8))
    assert cropped[0, 1, 0].tolist() == list(range(4, 12))
    assert cropped[1, 0, :, 0].tolist() == list(range(3, 11))
    assert cropped[1, 1, 0].tolist() == list(range(8, 0, -1))
    assert (cropped[1, 2] == 1).all()


def test_draws_are_a_function_of_seed_and_step():
    one = draw_crops(64, SIDE, CROP, 0.5, generator_for(1, "crops", 7))
    again = draw_crops(64, SIDE, CROP, 0.5, generator_for(1, "crops", 7))
    other = draw_crops(64, SIDE, CROP, 0.5, generator_for(1, "crops", 8))
    assert torch.equal(one.top, again.top)
    assert torch.equal(one.left, again.left)
    assert torch.equal(one.mirrored, again.mirrored)
    assert not torch.equal(one.top, other.top)


def test_a_part_of_a_batch_is_cut_as_within_the_whole():
    crops = draw_crops(10, SIDE, CROP, 0.5, generator_for(0))
    images = located(10)
    assert torch.equal(cut(images[4:8], crops.part(4, 8), CROP), cut(images, crops, CROP)[4:8])


def test_statistics_of_the_draws():
    count = 20_000
    crops = draw_crops(count, SIDE, CROP, 0.5, generator_for(5))
    # 5 positions, each with p = 1/5: sd of a share 0.0028; five of them allowed
    for positions in (crops.top, crops.left):
        shares = torch.bincount(positions, minlength=5) / count
        assert shares.shape == (5,)
        assert (shares - 0.2).abs().max() < 0.0141
    assert abs(crops.mirrored.float().mean().item() - 0.5) < 0.0177
    correlation = torch.corrcoef(torch.stack([crops.top.float(), crops.left.float()]))[0, 1]
    assert correlation.abs() < 0.036


def test_never_and_always_mirrored():
    assert not draw_crops(1000, SIDE, CROP, 0.0, generator_for(0)).mirrored.any()
    assert draw_crops(1000, SIDE, CROP, 1.0, generator_for(0)).mirrored.all()


def test_the_middle():
    middle = cut_centre(located(1), CROP)
    assert middle[0, 0, :, 0].tolist() == list(range(2, 10))
    assert middle[0, 1, 0].tolist() == list(range(2, 10))


def test_a_crop_as_large_as_the_image_changes_nothing_but_sides():
    crops = draw_crops(3, SIDE, SIDE, 0.0, generator_for(0))
    assert torch.equal(cut(located(3), crops, SIDE), located(3))


def test_a_crop_larger_than_the_image_is_refused():
    with pytest.raises(ValueError, match="a crop of 13 px cannot be cut from images of 12 px"):
        draw_crops(1, SIDE, 13, 0.5, generator_for(0))
    with pytest.raises(ValueError, match="a crop of 13 px"):
        cut_centre(located(1), 13)
