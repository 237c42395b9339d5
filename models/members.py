"""Anchors and negatives of a batch as LocSens scores them: together, what they share computed once."""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.locsens import LocSens
from models.tagged_photos import TaggedPhotos
from models.triplets import Triplets


@dataclass(frozen=True)
class LocSensPhotos:
    """The photos of one split, row by row.

    Attributes:
        images: Their image embeddings, float16 or float32 [P, D].
        tagged: Their hashtags.
        places: Latitude and longitude in degrees, float [P, 2].
    """

    images: Tensor
    tagged: TaggedPhotos
    places: Tensor

    def __post_init__(self) -> None:
        """Refuses parts that do not fit."""
        if not len(self.images) == len(self.tagged) == len(self.places):
            raise ValueError(
                f"expected as many embeddings as photos and places, found {len(self.images)}, "
                f"{len(self.tagged)} and {len(self.places)}"
            )


def member_scores(
    network: LocSens,
    images: Tensor,
    tags: Tensor,
    triplets: Triplets,
    locations: Tensor,
    alpha: float | Tensor,
) -> tuple[Tensor, Tensor]:
    """Scores of anchors and negatives in one pass; what members share is computed once.

    Args:
        network: The network.
        images: Image embeddings, [P, D].
        tags: Tag embeddings, [V, D].
        triplets: B anchors with M negatives each.
        locations: Normalised coordinates of each anchor [B, 1, 2], or of each member [B, 1 + M, 2].
        alpha: Scale of the location representation: a number, or one per anchor [B, 1, 1].

    Returns:
        Scores of the anchors [B], of their negatives [B, M].
    """
    anchors, negatives = triplets.negative_photos.shape
    tag = network.tag_part(tags[triplets.tags]).unsqueeze(1)
    place = _places(network, locations, alpha)
    if triplets.only_images:
        photos = torch.cat((triplets.photos.unsqueeze(1), triplets.negative_photos), dim=1)
        image = network.image_part(images[photos.flatten()]).view(anchors, 1 + negatives, -1)
        shared = tag if place is None else tag + place
        # To the kind of the larger summand: under autocast all that follows would else be float32.
        scores = network.tail(image + shared.to(image.dtype))
        return scores[:, 0], scores[:, 1:]
    image_at, image_slot = triplets.image_replaced.nonzero(as_tuple=True)
    tag_at, tag_slot = (~triplets.image_replaced).nonzero(as_tuple=True)
    rows = torch.cat((triplets.photos, triplets.negative_photos[image_at, image_slot]))
    image = network.image_part(images[rows])
    own, other = image[:anchors], image[anchors:]
    wrong = network.tag_part(tags[triplets.negative_tags[tag_at, tag_slot]])
    tag = tag.squeeze(1)
    if place is None or place.shape[1] == 1:
        # What is added to the replaced part does not depend on the slot, so it is summed before it is spread.
        sums = (tag, own) if place is None else (tag + place.squeeze(1), own + place.squeeze(1))
        with_tag, with_image = (part.to(image.dtype) for part in sums)
        pre = (own + with_tag, other + with_tag[image_at], wrong + with_image[tag_at])
    else:
        place = place.to(image.dtype)
        pre = (
            own + tag + place[:, 0],
            other + tag[image_at] + place[image_at, 1 + image_slot],
            wrong + own[tag_at] + place[tag_at, 1 + tag_slot],
        )
    scores = network.tail(torch.cat(pre))
    found = scores.new_zeros(anchors, negatives)
    found = found.index_put((image_at, image_slot), scores[anchors : anchors + len(other)])
    found = found.index_put((tag_at, tag_slot), scores[anchors + len(other) :])
    return scores[:anchors], found


def _places(network: LocSens, locations: Tensor, alpha: float | Tensor) -> Tensor | None:
    """What locations [B, 1 or 1 + M, 2] add to the first fused layer, [B, 1 or 1 + M, H]; None if nothing."""
    if isinstance(alpha, float) and alpha == 0.0:
        return None
    anchors, members = locations.shape[:2]
    scale = alpha if isinstance(alpha, float) else alpha.expand(-1, members, -1).reshape(-1, 1)
    # Members have places of their own where those are drawn at random around the true ones, much farther from it than
    # bf16 is from float32: only the coordinates themselves need it, not the product with the first layer.
    part = network.normalised_location_part(locations.reshape(-1, 2), scale, exact=members == 1)
    return part.view(anchors, members, -1)
