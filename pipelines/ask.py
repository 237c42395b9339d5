"""Jobs that ask the trained models: `search_photos` and `tag_photo`, asked at the launchpad, answered with pictures.

They read the collection and write nothing but what their runs show.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from assets.base.show import Picture, markdown_table
from assets.base.workspace import Workspace

if TYPE_CHECKING:
    from assets.search.answers import FoundPhotos, FoundTags
    from assets.search.ranker import Ranker

TOP = 10


class SearchConfig(dg.Config):
    """A hashtag and a place.

    Attributes:
        hashtag: The hashtag.
        near: The place.
        variant: The model.
        top: Photos wanted.
    """

    hashtag: str = Field(description="A hashtag of the vocabulary, with or without #.")
    near: str = Field(default="", description="A city, or LAT,LON in degrees; empty for models that need no place.")
    variant: str = Field(
        default="", description="Key of `retrieval_rankings`; empty for the one that the report shows."
    )
    top: int = Field(default=TOP, description="Photos wanted.")


class TagConfig(dg.Config):
    """A photo and a place.

    Attributes:
        photo: The photo.
        at: The place.
        variant: The model.
        top: Hashtags wanted.
    """

    photo: str = Field(description="Path of an image file on the machine that runs this job.")
    at: str = Field(default="", description="A city, or LAT,LON in degrees; empty for models that need no place.")
    variant: str = Field(default="", description="Key of `tagging_rankings`; empty for the one that the report shows.")
    top: int = Field(default=TOP, description="Hashtags wanted.")


@dg.op(required_resource_keys={"workspace"})
def find_photos(context: dg.OpExecutionContext, config: SearchConfig) -> None:
    """Rank the collection's photos; the best are in the output's metadata."""
    from assets.search.errors import SearchError

    ranker = _ranker(context)
    try:
        answer = ranker.search(config.hashtag, config.near or None, config.variant or None, config.top)
    except SearchError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    jpegs = ranker.jpegs([found.photo_id for found in answer.photos])
    rows = [
        (
            found.rank,
            found.photo_id,
            found.where,
            found.distance_km,
            "yes" if found.has_tag else "no",
            " ".join(found.tags),
            f"{found.score:.3f}",
        )
        for found in answer.photos
    ]
    pictures = [Picture(jpegs[found.photo_id], f"photo {found.photo_id}", "jpeg") for found in answer.photos]
    _show(context, answer, pictures, ("", "photo", "where", "km", "has the hashtag", "hashtags", "score"), rows)


@dg.op(required_resource_keys={"workspace"})
def find_hashtags(context: dg.OpExecutionContext, config: TagConfig) -> None:
    """Rank the vocabulary for a photo; photo and hashtags are in the output's metadata."""
    from assets.evaluation.report.pictures import shrunk
    from assets.search.errors import SearchError

    ranker = _ranker(context)
    try:
        answer = ranker.tag(config.photo, config.at or None, config.variant or None, config.top)
    except SearchError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    rows = [
        (found.rank, found.tag, f"{found.score:.3f}", found.photos, "yes" if found.is_place else "no")
        for found in answer.tags
    ]
    picture = Picture(shrunk(answer.jpeg, ranker.thumbnail_px), "the photo", "jpeg")
    _show(context, answer, [picture], ("", "hashtag", "score", "photos", "a place's name"), rows)


def _ranker(context: dg.OpExecutionContext) -> "Ranker":
    """The collection of the code location, as it is now."""
    from assets.search.errors import SearchError
    from assets.search.ranker import Ranker

    workspace = context.resources.workspace
    assert isinstance(workspace, Workspace)
    try:
        return Ranker(workspace)
    except SearchError as error:
        raise dg.Failure(str(error), allow_retries=False) from error


def _show(
    context: dg.OpExecutionContext,
    answer: "FoundPhotos | FoundTags",
    pictures: Sequence[Picture],
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
) -> None:
    """Pictures in order of rank, and below them what is known of each: in a table's cells they would be shown tiny."""
    shown = " ".join(picture.markdown() for picture in pictures) + "\n\n" + markdown_table(header, rows).text
    context.add_output_metadata(
        {
            "answer": dg.MetadataValue.md(shown),
            "asked": answer.title,
            "variant": answer.variant,
            "candidates": answer.candidates,
            "notes": "; ".join(answer.notes) or "none",
            "seconds of loading": round(answer.loading_s, 3),
            "seconds of answering": round(answer.query_s, 3),
        }
    )


# Their configuration is what the launchpads open with, to be filled in: they would open empty, and say nothing of it.


@dg.job(
    description="Find photos for a hashtag near a place: fill in the launchpad, the pictures are in the run's output.",
    config={"ops": {"find_photos": {"config": SearchConfig(hashtag="").model_dump()}}},
)
def search_photos() -> None:
    """One op: the models are loaded, asked once and let go."""
    find_photos()


@dg.job(
    description="Find hashtags for a photo and the place where it was taken: fill in the launchpad.",
    config={"ops": {"find_hashtags": {"config": TagConfig(photo="").model_dump()}}},
)
def tag_photo() -> None:
    """One op: the models are loaded, asked once and let go."""
    find_hashtags()
