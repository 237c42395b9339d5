"""The post's galleries, asked of this collection: which examples, what stands in, what the models answer.

Each gallery is a function of a `Viewing`; those of hashtags are in `tag_galleries`, how one looks is in `templates/`.
"""

from collections.abc import Sequence

import numpy as np

from assets.evaluation.report import paper
from assets.evaluation.report.comparison import label
from assets.evaluation.report.data import Gallery, Strip
from assets.evaluation.report.substitutes import UsedPlace, UsedTag
from assets.evaluation.report.tag_galleries import faked_gallery, tagging_gallery
from assets.evaluation.report.viewing import Viewing

_DEPTH = 10


def all_galleries(viewing: Viewing) -> tuple[Gallery, ...]:
    """The four galleries in the post's order."""
    return (
        _retrieval_gallery(
            viewing,
            "same-hashtag",
            "The same hashtag at different places",
            "One hashtag, asked near several places: what does the place change? The cities of bridge and "
            "temple are ours, the other pairs the post’s.",
            paper.PLACE_QUERIES,
        ),
        _retrieval_gallery(
            viewing,
            "incompatible",
            "Hashtags at places that have none",
            "No beach at Madrid, no skiing at Cairo: the model falls back to what looks alike, or farther. "
            "Auckland, which has beaches, is there for comparison.",
            paper.INCOMPATIBLE_QUERIES,
        ),
        tagging_gallery(viewing),
        faked_gallery(viewing),
    )


def _retrieval_gallery(
    viewing: Viewing,
    key: str,
    title: str,
    intro: str,
    asked: Sequence[tuple[str, Sequence[paper.AskedPlace]]],
) -> Gallery:
    name = label(viewing.config.retrieval_model)
    intro = f"{intro} Answers by {name}, the best {viewing.config.pictures_per_query} of all test photos."
    if viewing.reference is not None:
        intro = (
            f"{intro} First what {label(viewing.config.reference_model)} answers, which is told no place: "
            "the same wherever one asks. What differs from it is the place’s doing."
        )
    if viewing.retrieval is None:
        return Gallery(key, title, intro, unavailable=f"{name} was not run on these photos.")
    if len(viewing.photos) == 0:
        return Gallery(key, title, intro, unavailable="no test photo has an image.")
    strips: list[Strip] = []
    # What stands in must not be what is asked for elsewhere in the same gallery, nor stand in twice.
    taken_tags = {tag for tag, _ in asked}
    for wanted, places in asked:
        used = viewing.hashtag(wanted, taken_tags)
        if used is None:
            continue
        taken_tags.add(used.tag)
        strips += _strips(viewing, used, places)
    return Gallery(key, title, intro, strips=tuple(strips), unavailable="" if strips else "no hashtag can stand in.")


def _strips(viewing: Viewing, used: UsedTag, places: Sequence[paper.AskedPlace]) -> list[Strip]:
    assert viewing.retrieval is not None
    chosen: list[UsedPlace] = []
    for asked in places:
        place = viewing.place(asked, {one.name for one in places} | {one.name for one in chosen})
        if place is not None:
            chosen.append(place)
    if not chosen:
        return []
    depth = max(_DEPTH, viewing.config.pictures_per_query)
    asked_for = np.full(len(chosen), used.tag_id, dtype=np.int64)
    ranking = viewing.retrieval.rank(asked_for, np.array([(one.latitude, one.longitude) for one in chosen]), depth)
    orders = [_valid(positions) for positions in ranking.positions]
    strips, anywhere = [], None
    if viewing.reference is not None:
        anywhere = _valid(viewing.reference.rank(asked_for[:1], None, depth).positions[0])
        pictures = viewing.pictures(anywhere[: viewing.config.pictures_per_query], None, used.tag_id)
        notes = (used.note,) if used.note else ()
        strips.append(Strip(used.tag, f"told no place: {label(viewing.config.reference_model)}", notes, pictures))
    for index, place in enumerate(chosen):
        told = [_told(viewing, used, place, orders[index], anywhere)]
        if index:
            told.append(_shared(orders[index], orders[0], chosen[0].name))
        strips.append(
            Strip(
                tag=used.tag,
                place=f"near {place.name}",
                notes=tuple(note for note in (used.note if anywhere is None else "", place.note) if note),
                pictures=viewing.pictures(orders[index][: viewing.config.pictures_per_query], place, used.tag_id),
                told=" ".join(told),
            )
        )
    return strips


def _told(viewing: Viewing, used: UsedTag, place: UsedPlace, order: list[int], anywhere: list[int] | None) -> str:
    """How many of the first ten are right, in a sentence, and how many were without the place."""
    sentence = f"Of the first {min(len(order), _DEPTH)}, {_counted(viewing, used, place, order)}."
    if anywhere is None:
        return sentence
    return f"{sentence} Ranked without a place, {_counted(viewing, used, place, anywhere)}."


def _counted(viewing: Viewing, used: UsedTag, place: UsedPlace, order: list[int]) -> str:
    carried, near, far = viewing.right(order[:_DEPTH], used.tag_id, place)
    if not carried:
        return "none carries the hashtag"
    carry = "carries" if carried == 1 else "carry"
    close, far_off = f"{viewing.config.near_km:g} km", f"{viewing.config.far_km:g} km"
    return f"{carried} {carry} the hashtag: {_number(near)} within {close}, {_number(far)} within {far_off}"


def _number(count: int) -> str:
    return "none" if count == 0 else str(count)


def _shared(order: list[int], first: list[int], name: str) -> str:
    both = len(set(order[:_DEPTH]) & set(first[:_DEPTH]))
    told = {0: "None of them is", 1: "One of them is"}.get(both, f"{both} of them are")
    return f"{told} among the first {min(len(first), _DEPTH)} of {name}."


def _valid(positions: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[int]:
    return [int(one) for one in positions if one >= 0]
