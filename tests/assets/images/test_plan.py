from hypothesis import given
from hypothesis import strategies as st

from assets.base.storage import StoredFile
from assets.images.locate import Location
from assets.images.outcome import STATUSES
from assets.images.parts import Part, StatusRow
from assets.images.plan import Wanted, make_plan

FILES = (StoredFile("a", 0, ""), StoredFile("b", 0, ""))


def photo(photo_id: int) -> Wanted:
    return Wanted(photo_id, Location("web", f"http://example.org/{photo_id}.jpg"))


@st.composite
def states(draw) -> tuple[list[Wanted], list[Part]]:
    wanted = sorted(draw(st.sets(st.integers(0, 40), max_size=30)))
    parts = []
    for number in sorted(draw(st.sets(st.integers(0, 6), max_size=5))):
        rows = []
        for photo_id in draw(st.lists(st.integers(0, 45), unique=True, max_size=8)):
            status = draw(st.sampled_from(STATUSES))
            where = None if status == "ok" else f"http://example.org/{photo_id}.jpg"
            rows.append(StatusRow(photo_id, status, draw(st.integers(1, 6)), None, where))
        agrees = draw(st.booleans())
        parts.append(Part(number, rows, agrees, FILES if agrees else None))
    return [photo(one) for one in wanted], parts


@given(states())
def test_every_wanted_photo_is_in_exactly_one_part_and_none_is_lost(state) -> None:
    wanted, parts = state
    plan = make_plan(wanted, parts, part_size=4, max_attempts=3)
    places = [row.photo_id for part in plan.finished for row in part.rows]
    places += [photo_id for part in plan.write for photo_id in part.order]
    settled = {row.photo_id for part in parts for row in part.rows}
    assert sorted(places) == sorted(settled | {one.photo_id for one in wanted})
    assert plan.surplus == len(settled - {one.photo_id for one in wanted})
    numbers = [part.number for part in plan.finished] + [part.number for part in plan.write]
    assert len(set(numbers)) == len(numbers)
    assert not set(plan.remove) & set(numbers)
    assert {part.number for part in parts} <= set(numbers) | set(plan.remove)
    for part in plan.write:
        assert set(part.order) == set(part.kept) | {one.photo_id for one, _ in part.fetched}
        assert len(part.order) == len(part.kept) + len(part.fetched)


@given(states())
def test_only_what_may_be_asked_again_is(state) -> None:
    wanted, parts = state
    plan = make_plan(wanted, parts, part_size=4, max_attempts=3)
    settled: dict[int, StatusRow] = {}
    for part in parts:
        for row in part.rows:
            settled.setdefault(row.photo_id, row)
    for part in plan.write:
        for one, sent in part.fetched:
            row = settled.get(one.photo_id)
            assert row is None or (row.status == "transient" and row.attempts < 3)
            assert sent == (0 if row is None else row.attempts)


def test_an_interruption_leaves_the_parts_as_they_would_have_been() -> None:
    wanted = [photo(n) for n in range(10)]
    whole = make_plan(wanted, [], 3, 3)
    assert [part.order for part in whole.write] == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    done = [
        Part(number, [StatusRow(n, "ok", 1, None, None) for n in order], agrees=True, files=FILES)
        for number, order in [(0, [0, 1, 2]), (2, [6, 7, 8])]
    ]
    rest = make_plan(wanted, [done[0], Part(1, [], agrees=False), done[1]], 3, 3)
    assert [(part.number, part.order) for part in rest.write] == [(1, [3, 4, 5]), (3, [9])]
    assert rest.remove == []
