"""Triplets: exact by brute force, spread as they should be, the same for the same step."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from models.tagged_photos import TaggedPhotos
from models.triplets import TripletSampler

LISTS = [[0, 2], [1], [0, 1, 3], [2], [0, 3]]


def random_lists(photos: int, vocabulary: int, most: int, seed: int = 0) -> list[list[int]]:
    generator = torch.Generator().manual_seed(seed)
    counts = torch.randint(1, most + 1, (photos,), generator=generator).tolist()
    return [torch.randperm(vocabulary, generator=generator)[:count].tolist() for count in counts]


def test_hand_computed_ranks() -> None:
    tagged = TaggedPhotos.from_lists(LISTS, 5)
    assert len(tagged) == 5
    assert tagged.photos_per_tag.tolist() == [3, 2, 2, 2, 0]
    assert tagged.tags_per_photo.tolist() == [2, 1, 3, 1, 2]
    # Photos without hashtag 0: 1, 3; without 2: 1, 2, 4; without 4: all.
    tags, ranks = torch.tensor([0, 0, 2, 2, 2, 4, 4]), torch.tensor([0, 1, 0, 1, 2, 0, 4])
    assert tagged.photos_without(tags, ranks).tolist() == [1, 3, 1, 2, 4, 0, 4]
    # Hashtags not on photo 0: 1, 3, 4; not on photo 2: 2, 4.
    photos, ranks = torch.tensor([0, 0, 0, 2, 2]), torch.tensor([0, 1, 2, 0, 1])
    assert tagged.tags_not_on(photos, ranks).tolist() == [1, 3, 4, 2, 4]
    carries = tagged.carries(torch.tensor([0, 0, 4, 4]), torch.tensor([2, 1, 3, 4]))
    assert carries.tolist() == [True, False, True, False]


@given(
    st.lists(st.sets(st.integers(0, 6), min_size=1, max_size=6), min_size=1, max_size=12),
    st.integers(7, 9),
)
def test_every_rank_is_the_brute_force_one(photos: list[set[int]], vocabulary: int) -> None:
    tagged = TaggedPhotos.from_lists([list(tags) for tags in photos], vocabulary)
    for tag in range(vocabulary):
        without = [row for row, tags in enumerate(photos) if tag not in tags]
        ranks = torch.arange(len(without))
        assert tagged.photos_without(torch.full_like(ranks, tag), ranks).tolist() == without
    for row, tags in enumerate(photos):
        missing = [tag for tag in range(vocabulary) if tag not in tags]
        ranks = torch.arange(len(missing))
        assert tagged.tags_not_on(torch.full_like(ranks, row), ranks).tolist() == missing


@pytest.mark.parametrize("replaces", ["image", "image_or_tag"])
def test_negatives_are_negative_and_anchors_are_anchors(replaces: str) -> None:
    lists = random_lists(300, 12, 11)
    tagged = TaggedPhotos.from_lists(lists, 12)
    sampler = TripletSampler(tagged, 6, replaces, seed=1)
    for step in range(20):
        drawn = sampler.draw(256, step)
        assert drawn.negative_photos.shape == (256, 6)
        assert bool(tagged.carries(drawn.photos, drawn.tags).all())
        assert not bool(tagged.carries(drawn.negative_photos, drawn.negative_tags).any())
        own_photo = drawn.negative_photos == drawn.photos.unsqueeze(1)
        own_tag = drawn.negative_tags == drawn.tags.unsqueeze(1)
        assert torch.equal(own_tag, drawn.image_replaced)
        assert torch.equal(own_photo, ~drawn.image_replaced)
        for photo, tags in zip(drawn.negative_photos[:5].tolist(), drawn.negative_tags[:5].tolist(), strict=True):
            assert all(tag not in lists[row] for row, tag in zip(photo, tags, strict=True))
    assert bool(drawn.image_replaced.all()) == drawn.only_images == (replaces == "image")


def test_draws_are_uniform() -> None:
    tagged = TaggedPhotos.from_lists(LISTS, 5)
    drawn = TripletSampler(tagged, 6, "image_or_tag", seed=0).draw(40_000, 0)
    photos = torch.bincount(drawn.photos, minlength=5) / 40_000
    assert photos.tolist() == pytest.approx([0.2] * 5, abs=0.01)
    of_third = drawn.tags[drawn.photos == 2]
    assert (torch.bincount(of_third, minlength=5) / len(of_third)).tolist() == pytest.approx(
        [1 / 3, 1 / 3, 0, 1 / 3, 0], abs=0.02
    )
    assert float(drawn.image_replaced.float().mean()) == pytest.approx(0.5, abs=0.01)
    images = drawn.negative_photos[drawn.image_replaced & (drawn.tags == 2).unsqueeze(1)]
    assert (torch.bincount(images, minlength=5) / len(images)).tolist() == pytest.approx(
        [0, 1 / 3, 1 / 3, 0, 1 / 3], abs=0.02
    )
    tags = drawn.negative_tags[~drawn.image_replaced & (drawn.photos == 0).unsqueeze(1)]
    assert (torch.bincount(tags, minlength=5) / len(tags)).tolist() == pytest.approx(
        [0, 1 / 3, 0, 1 / 3, 1 / 3], abs=0.02
    )


def test_a_draw_is_a_function_of_seed_and_step() -> None:
    tagged = TaggedPhotos.from_lists(random_lists(100, 30, 8), 30)
    one, other = (TripletSampler(tagged, 6, "image", seed=7) for _ in range(2))
    other.draw(16, 0)
    assert torch.equal(one.draw(16, 3).negative_photos, other.draw(16, 3).negative_photos)
    assert not torch.equal(one.draw(16, 4).photos, one.draw(16, 3).photos)
    assert not torch.equal(TripletSampler(tagged, 6, "image", seed=8).draw(16, 3).photos, one.draw(16, 3).photos)
    assert not torch.equal(one.draw(16, 3, "validation").photos, one.draw(16, 3).photos)


def test_what_has_no_negative_is_no_anchor_and_is_told() -> None:
    tagged = TaggedPhotos.from_lists([[0], [0, 1], [0, 2], [0, 1, 2]], 3)
    sampler = TripletSampler(tagged, 2, "image_or_tag", seed=0)
    assert len(sampler.left_out) == 2
    assert sampler.left_out[0].startswith("1 hashtags (ids [0]) are on all 4 photos")
    assert sampler.left_out[1].startswith("1 photos (rows [3]) carry all 3 hashtags")
    drawn = sampler.draw(500, 0)
    assert set(zip(drawn.photos.tolist(), drawn.tags.tolist(), strict=True)) == {(1, 1), (2, 2)}
    assert not bool(tagged.carries(drawn.negative_photos, drawn.negative_tags).any())
    only_images = TripletSampler(tagged, 2, "image", seed=0)
    assert len(only_images.left_out) == 1
    assert set(only_images.draw(500, 0).photos.tolist()) == {1, 2, 3}


def test_no_anchor_at_all_is_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"no anchor has a negative: 1 hashtags .* are on all 2 photos"):
        TripletSampler(TaggedPhotos.from_lists([[0], [0]], 3), 6, "image", seed=0)


@pytest.mark.parametrize(
    ("lists", "sentence"),
    [
        ([], "at least one hashtag each, found none"),
        ([[0], []], "found row 1 without any"),
        ([[0], [3]], "2 hashtag ids from 0 to 2, found 2 from 0 to 3"),
        ([[0], [1, 1]], "found one twice on row 1"),
    ],
)
def test_bad_photos_are_refused(lists: list[list[int]], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        TaggedPhotos.from_lists(lists, 3)


def test_millions_of_pairs_are_reached() -> None:
    photos = 3_000_000
    tagged = TaggedPhotos(torch.arange(photos + 1), torch.arange(photos) % 1000, 1000)
    drawn = TripletSampler(tagged, 6, "image_or_tag", seed=0).draw(4096, 0)
    assert int(drawn.photos.max()) > 0.99 * photos
    assert not bool(tagged.carries(drawn.negative_photos, drawn.negative_tags).any())


def test_moving_a_sampler_leaves_the_photos_where_they_are() -> None:
    tagged = TaggedPhotos.from_lists([[0, 1], [0, 2], [0]], 3)
    sampler = TripletSampler(tagged, 2, "image", 0)  # 0 is on all photos: some pairs are left out
    other = TripletSampler(tagged, 2, "image", 0)
    sampler.to(torch.device("meta"))
    assert {value.device.type for value in vars(sampler.tagged).values() if isinstance(value, Tensor)} == {"meta"}
    assert sampler._pairs is not None
    assert sampler._pairs.photos.device.type == "meta"
    assert tagged.device.type == "cpu"
    assert other.draw(4, 0).photos.device.type == "cpu"
    assert sampler.tagged.vocabulary == 3
