"""The galleries of hashtags: one picture tagged by two models, and one picture said to be elsewhere."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.base.rounding import grouped
from assets.evaluation.report import paper
from assets.evaluation.report.comparison import label
from assets.evaluation.report.data import Gallery, TagCase, TagGuess, TagList
from assets.evaluation.report.substitutes import UsedPlace, UsedTag
from assets.evaluation.report.viewing import Viewing
from models.geography import distance_km


def tagging_gallery(viewing: Viewing) -> Gallery:
    """A picture with its hashtags by MCC and by LocSens, as the post's London, and a few drawn at random."""
    key, title = "tagging", "One picture, tagged by what it shows and by where it was taken"
    models = ("mcc", viewing.config.tagging_model)
    intro = (
        f"{label(models[0])} is shown the picture alone; {label(models[1])} is also told where it was taken. The first "
        "picture is chosen to show the difference: of all with the hashtag, the one for which LocSens finds the most "
        "right hashtags beyond MCC’s number. The others are drawn at random and show the ordinary case."
    )
    missing = [label(model) for model in models if model not in viewing.rankings]
    if missing:
        return Gallery(key, title, intro, unavailable=f"{' and '.join(missing)} was not run on these photos.")
    tops = {model: _top(viewing, viewing.rankings[model]) for model in models}
    scored = _right(tops[models[1]]).join(_right(tops[models[0]]), on="photo_id", suffix="_mcc")
    scored = scored.sort("photo_id")
    if scored.height == 0:
        return Gallery(key, title, intro, unavailable="no test photo was tagged.")
    cases = []
    used = viewing.hashtag(paper.TAGGED_WITH, place=True)
    if used is not None:
        positions = viewing.photos.positions(scored["photo_id"].to_numpy())
        carrying = scored.filter(pl.Series(viewing.photos.carry(positions, used.tag_id)))
        if carrying.height:
            best = carrying.sort(pl.col("right") - pl.col("right_mcc"), "photo_id", descending=[True, False])
            notes = (used.note,) if used.note else ()
            cases.append(_case(viewing, tops, best["photo_id"][0], f"A picture tagged {used.tag}", notes))
    chosen = {case.picture.photo_id for case in cases}
    others = scored.filter(~pl.col("photo_id").is_in(chosen))
    draws = min(viewing.config.random_tagging_examples, others.height)
    rng = np.random.default_rng(viewing.config.seed)
    drawn = sorted(rng.choice(others.height, draws, replace=False)) if draws else []
    cases += [_case(viewing, tops, others["photo_id"][int(one)], "Drawn at random", ()) for one in drawn]
    return Gallery(key, title, intro, cases=tuple(cases))


def _top(viewing: Viewing, rankings: pl.DataFrame) -> pl.DataFrame:
    top = rankings.filter(pl.col("rank") <= viewing.config.tags_per_picture)
    return top.sort("photo_id", "rank")


def _right(top: pl.DataFrame) -> pl.DataFrame:
    return top.group_by("photo_id").agg(right=pl.col("is_correct").sum().cast(pl.Int64))


def _case(
    viewing: Viewing, tops: dict[str, pl.DataFrame], photo_id: int, title: str, notes: tuple[str, ...]
) -> TagCase:
    position = int(viewing.photos.positions([photo_id])[0])
    local = viewing.local_tags(*viewing.photos.places[position])
    lists = []
    for model, top in tops.items():
        rows = top.filter(pl.col("photo_id") == photo_id).select("tag_id", "is_correct")
        guesses = tuple(TagGuess(viewing.names[tag], correct, tag in local) for tag, correct in rows.iter_rows())
        right, typical = sum(guess.is_correct for guess in guesses), sum(guess.is_local for guess in guesses)
        lists.append(TagList(label(model), guesses, f"{right} on the photo, {typical} typical of where it was taken"))
    return TagCase(viewing.pictures([position])[0], title, notes, tuple(lists))


def faked_gallery(viewing: Viewing) -> Gallery:
    """Pictures whose location is said to be another (paper, the post's faked locations)."""
    key, title = "faked", "The same picture, said to be somewhere else"
    name = label(viewing.config.tagging_model)
    intro = (
        f"{name} tags one picture several times; only the coordinates that it is told differ. Of the up to "
        f"{viewing.config.faked_pictures} pictures for which the model ranks the hashtag highest, the one is shown "
        "whose lists gain the most hashtags typical of the places; the averages are over all. None "
        f"was taken within {viewing.config.local_km:g} km of the places, if there are others."
    )
    rankings = viewing.rankings.get(viewing.config.tagging_model)
    if viewing.tagging is None or rankings is None:
        return Gallery(key, title, intro, unavailable=f"{name} was not run on these photos.")
    cases: list[TagCase] = []
    taken = {tag for tag, _ in paper.FAKED_LOCATIONS}
    for wanted, places in paper.FAKED_LOCATIONS:
        used = viewing.hashtag(wanted, taken)
        if used is None:
            continue
        taken.add(used.tag)
        positions = _that_carry(viewing, rankings, used, {case.picture.photo_id for case in cases})
        if positions:
            cases.append(_faked_case(viewing, used, positions, places))
    return Gallery(key, title, intro, cases=tuple(cases), unavailable="" if cases else "no test photo was tagged.")


def _that_carry(viewing: Viewing, rankings: pl.DataFrame, used: UsedTag, taken: set[int]) -> list[int]:
    """Positions of the photos to which the model gives the hashtag its best ranks; else one that carries it.

    In the order of the photos, which is that of their ids: scorers are loaded for ascending ids.
    """
    own = rankings.filter(pl.col("tag_id") == used.tag_id, pl.col("is_correct"), ~pl.col("photo_id").is_in(taken))
    best = own.sort("rank", "photo_id").head(viewing.config.faked_pictures)["photo_id"]
    if best.len():
        return sorted(int(one) for one in viewing.photos.positions(best.to_numpy()))
    everyone = np.arange(len(viewing.photos))
    carrying = everyone[viewing.photos.carry(everyone, used.tag_id)]
    return [int(one) for one in carrying if int(viewing.photos.photo_ids[one]) not in taken][:1]


def _faked_case(
    viewing: Viewing, used: UsedTag, positions: Sequence[int], asked: Sequence[paper.AskedPlace]
) -> TagCase:
    assert viewing.tagging is not None
    fakes: list[UsedPlace] = []
    for one in asked:
        place = viewing.place(one, {place.name for place in asked} | {fake.name for fake in fakes})
        if place is not None:
            fakes.append(place)
    told = [(fake.latitude, fake.longitude) for fake in fakes]
    # A picture that was taken near a place has its hashtags already.
    far = [one for one in positions if _away(viewing, one, told) > viewing.config.local_km]
    positions = far or positions
    places = np.concatenate([np.array([viewing.photos.places[one], *told], dtype=np.float64) for one in positions])
    scorer = viewing.tagging(viewing.photos.photo_ids[list(positions)])
    index = np.repeat(np.arange(len(positions), dtype=np.int64), 1 + len(fakes))
    ranking = scorer.rank(index, places, viewing.config.tags_per_picture)
    lists = ranking.tag_ids.reshape(len(positions), 1 + len(fakes), -1)  # [pictures, places told, hashtags]
    local = [viewing.local_tags(*place) for place in told]
    # Hashtags typical of each place: [pictures, places], in the list of the true place and in the place’s own.
    before = np.array([[sum(int(tag) in here for tag in one[0]) for here in local] for one in lists])
    after = np.array(
        [[sum(int(tag) in here for tag in row) for here, row in zip(local, one[1:], strict=True)] for one in lists]
    )
    shown = int(np.argmax((after - before).sum(axis=1)))
    return _shown_case(viewing, used, positions[shown], fakes, lists[shown], before, after, shown)


def _away(viewing: Viewing, position: int, places: Sequence[tuple[float, float]]) -> float:
    """Distance in km from where a photo was taken to the nearest of some places."""
    latitude, longitude = viewing.photos.places[position]
    return min((float(distance_km(latitude, longitude, north, east)) for north, east in places), default=np.inf)


def _shown_case(
    viewing: Viewing,
    used: UsedTag,
    position: int,
    fakes: Sequence[UsedPlace],
    tag_ids: npt.NDArray[np.int32],
    before: npt.NDArray[np.int64],
    after: npt.NDArray[np.int64],
    shown: int,
) -> TagCase:
    own = viewing.photos.places[position]
    carried = set(viewing.photos.tag_ids[viewing.photos.offsets[position] : viewing.photos.offsets[position + 1]])
    places = [(own[0], own[1]), *((fake.latitude, fake.longitude) for fake in fakes)]
    lists = []
    for row, place in enumerate(places):
        local = viewing.local_tags(*place)
        guesses = tuple(
            TagGuess(viewing.names[int(tag)], tag in carried, int(tag) in local, bool(row) and tag not in tag_ids[0])
            for tag in tag_ids[row]
        )
        if row == 0:
            lists.append(TagList("where it was taken", guesses))
            continue
        away = grouped(float(distance_km(own[0], own[1], *place)))
        below = (
            f"{away} km away. Typical of this place: {after[shown, row - 1]} of these {len(guesses)} hashtags, "
            f"{before[shown, row - 1]} of the {len(guesses)} where it was taken"
        )
        if len(before) > 1:
            means = after[:, row - 1].mean(), before[:, row - 1].mean()
            below += f"; on average of {len(before)} such pictures, {means[0]:.1f} and {means[1]:.1f}"
        lists.append(TagList(fakes[row - 1].name, guesses, below))
    notes = tuple(note for note in (used.note, *(fake.note for fake in fakes)) if note)
    return TagCase(viewing.pictures([position])[0], f"A picture tagged {used.tag}", notes, tuple(lists))
