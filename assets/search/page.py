"""An answer as one self-contained page: pictures inside, readable on a phone, light and dark. Same answer, same bytes.

How it looks is the report's: its style sheet and the parts of its galleries. Hashtags, places and file names are
hostile and escaped by jinja2.
"""

from collections.abc import Mapping

from assets.evaluation.report.comparison import label
from assets.evaluation.report.data import Picture, match_of
from assets.evaluation.report.html import environment, style
from assets.evaluation.report.pictures import shrunk, size_of
from assets.search.answers import FoundPhoto, FoundPhotos, FoundTags

_PACKAGE = "assets.search"
_PHOTO_PX = 320
"""Short side of the one photo that is tagged, at most."""


def photos_page(answer: FoundPhotos, jpegs: Mapping[int, bytes], near_km: float) -> str:
    """The photos that were found.

    Args:
        answer: What was found.
        jpegs: Their pictures by photo id, as `Ranker.jpegs` gives them.
        near_km: Within how many km a photo counts as near.
    """
    return (
        environment(_PACKAGE)
        .get_template("photos.html.j2")
        .render(
            style=style(),
            answer=answer,
            model=label(answer.variant),
            near_km=f"{near_km:g}",
            shown=[(one, _picture(one, jpegs[one.photo_id], near_km)) for one in answer.photos],
        )
    )


def tags_page(answer: FoundTags) -> str:
    """The hashtags that were found, beside the photo."""
    jpeg = shrunk(answer.jpeg, _PHOTO_PX)
    tags = tuple(one.tag for one in answer.tags)
    return (
        environment(_PACKAGE)
        .get_template("tags.html.j2")
        .render(
            style=style(),
            answer=answer,
            model=label(answer.variant),
            picture=Picture(0, jpeg, *size_of(jpeg), tags=tags, city=None),
        )
    )


def _picture(found: FoundPhoto, jpeg: bytes, near_km: float) -> Picture:
    match = match_of(carries=found.has_tag, away=found.distance_km, near_km=near_km)
    return Picture(found.photo_id, jpeg, *size_of(jpeg), found.tags, found.where, found.distance_km, match)
