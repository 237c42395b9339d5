from collections import Counter
from collections.abc import Callable

import pytest

from assets.base.profiles.sections.images import ImageConfig
from assets.base.storage import Storage, StorageError
from assets.images.collect import Collected, collect_images, sizes_of
from assets.images.decode import decode
from assets.images.locate import Locator
from assets.images.outcome import Decoded, Failure
from assets.images.parts import Parts
from assets.images.plan import Wanted

IMAGES, STATUSES = "tables/images/shard=s", "tables/image_status/shard=s"
LOCATOR = Locator()

Collect = Callable[..., Collected]


def wanted(urls: dict[int, str | None]) -> list[Wanted]:
    return [Wanted(photo_id, LOCATOR.locate(photo_id, None, url)) for photo_id, url in urls.items()]


@pytest.fixture(params=["folder", "memory"])
def storage(request, tmp_path) -> Storage:
    return Storage(str(tmp_path / "data") if request.param == "folder" else f"memory://{tmp_path.name}")


@pytest.fixture
def local(tmp_path) -> Storage:
    return Storage(str(tmp_path / "data"))


def run(storage: Storage, config: ImageConfig, urls: dict[int, str | None], **options: object) -> Collected:
    parts = Parts(storage, IMAGES, STATUSES, sizes_of(config))
    return collect_images(wanted(urls), parts, config, **options)  # type: ignore[arg-type]  # the test's own options


def rows(storage: Storage, collected: Collected) -> tuple[list[dict], list[dict]]:
    """Images and statuses of the published files, as sorted rows."""
    tables = (
        [row for pair in collected.files for row in storage.read_table(pair[side].path).to_pylist()] for side in (0, 1)
    )
    images, statuses = (sorted(table, key=lambda row: row["photo_id"]) for table in tables)
    return images, statuses


def statuses(storage: Storage, collected: Collected) -> dict[int, str]:
    return {row["photo_id"]: row["status"] for row in rows(storage, collected)[1]}


@pytest.fixture
def photos(tmp_path, picture) -> dict[int, str]:
    """20 pictures in files."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number}.jpg").write_bytes(picture(number))
    return {100 + number: (folder / f"{number}.jpg").as_uri() for number in range(20)}


def test_files_become_parts_of_images_and_statuses(storage, config, photos, picture) -> None:
    collected = run(storage, config, photos)
    images, status = rows(storage, collected)
    assert collected.counts == Counter(ok=20)
    assert [file.path for file, _ in collected.files] == [f"{IMAGES}/part-{n}.parquet" for n in range(3)]
    assert [file.rows for file, _ in collected.files] == [8, 8, 4]
    assert [row["photo_id"] for row in images] == list(photos)
    expected = decode(picture(7), sizes_of(config))
    assert isinstance(expected, Decoded)
    assert images[7] == {
        "photo_id": 107,
        "jpeg": expected.jpeg,
        "width": 72,
        "height": 48,
        "sha256": expected.sha256,
    }
    assert status[7] == {"photo_id": 107, "status": "ok", "attempts": 1, "error": None, "location": None}


def test_a_second_run_touches_nothing(storage, config, photos) -> None:
    first = run(storage, config, photos)
    second = run(storage, config, photos)
    assert second.files == first.files
    assert (second.asked, second.kept) == (0, 20)
    for image_file, status_file in second.files:
        assert storage.read_table(image_file.path).num_rows == image_file.rows
        assert len(storage.read_bytes(image_file.path)) == image_file.bytes
        assert len(storage.read_bytes(status_file.path)) == status_file.bytes


def test_every_photo_gets_the_status_that_fits(local, config, photos, server, closed_port, tmp_path, picture) -> None:
    bad = {
        1: (f"{server.url}/good/1.jpg", "ok"),
        2: (f"{server.url}/status/404/1.jpg", "missing"),
        3: (f"{server.url}/status/410/1.jpg", "missing"),
        4: (f"{server.url}/busy/1.jpg", "ok"),
        5: (f"{server.url}/shaky/1.jpg", "ok"),
        6: (f"{server.url}/slow/1.jpg", "transient"),
        7: (f"{server.url}/endless/1.jpg", "too_large"),
        8: (f"{server.url}/huge/1.jpg", "too_large"),
        9: (f"{server.url}/half/1.jpg", "undecodable"),
        10: (f"{server.url}/cut/1.jpg", "transient"),
        11: (f"{server.url}/text/1.jpg", "not_an_image"),
        12: (f"{server.url}/loop/1.jpg", "missing"),
        13: (f"http://127.0.0.1:{closed_port}/1.jpg", "transient"),
        14: (f"{server.url}/empty/1.jpg", "undecodable"),
        15: (None, "missing"),
        16: ("gopher://example.org/1.jpg", "missing"),
        17: (str(tmp_path / "gone.jpg"), "missing"),
        18: (str(tmp_path), "not_an_image"),
        19: (f"{server.url}/taken-down/1.jpg", "missing"),
        20: (f"{server.url}/trickle/1.jpg", "transient"),
        21: (f"{server.url}/moved/1.jpg", "ok"),
        22: (f"{server.url}/page/1.jpg", "not_an_image"),
        23: (f"{server.url}/to/1.jpg?url=http://localhost:{closed_port}/1.jpg", "missing"),
    }
    collected = run(local, config, {photo_id: url for photo_id, (url, _) in bad.items()})
    assert statuses(local, collected) == {photo_id: status for photo_id, (_, status) in bad.items()}
    images, status = rows(local, collected)
    assert [row["photo_id"] for row in images] == [1, 4, 5, 21]
    by_id = {row["photo_id"]: row for row in status}
    assert [by_id[photo_id]["attempts"] for photo_id in (1, 2, 4, 5, 6, 15)] == [1, 1, 2, 3, 3, 0]
    assert by_id[2]["location"] == bad[2][0]
    assert all((row["error"] is None) == (row["status"] == "ok") for row in status)
    assert collected.retryable == 4
    assert server.most_under_way <= config.concurrency

    before = dict(server.asked)
    again = run(local, config, {photo_id: url for photo_id, (url, _) in bad.items()})
    asked_again = {path for path in server.asked if server.asked[path] > before[path]}
    assert asked_again == {"/slow/1.jpg", "/cut/1.jpg", "/trickle/1.jpg"}
    assert again.asked == 4
    assert rows(local, again)[0] == images
    assert {row["attempts"] for row in rows(local, again)[1] if row["status"] == "transient"} == {6}

    last = run(local, config, {photo_id: url for photo_id, (url, _) in bad.items()})
    assert (last.asked, last.retryable, last.counts["transient"]) == (0, 0, 4)


def test_a_transient_failure_that_passes_becomes_an_image(storage, config, server) -> None:
    hasty = config.model_copy(update={"tries": 1})
    urls = {n: f"{server.url}/{'shaky' if n == 5 else 'good'}/{n}.jpg" for n in range(10)}
    assert run(storage, hasty, urls).counts == Counter(ok=9, transient=1)
    assert run(storage, hasty, urls).counts == Counter(ok=9, transient=1)
    last = run(storage, hasty, urls)
    assert last.counts == Counter(ok=10)
    images, status = rows(storage, last)
    assert [row["photo_id"] for row in images] == list(range(10))
    assert [row["attempts"] for row in status] == [3 if n == 5 else 1 for n in range(10)]
    assert server.asked == {f"/{'shaky' if n == 5 else 'good'}/{n}.jpg": 3 if n == 5 else 1 for n in range(10)}


def test_changed_photos_cost_only_what_is_new(storage, config, server) -> None:
    def urls(*numbers: int) -> dict[int, str | None]:
        return {n: f"{server.url}/good/{n}.jpg" for n in numbers}

    run(storage, config, urls(*range(20)))
    changed = run(storage, config, urls(*range(3, 20), 30, 31))
    assert (changed.asked, changed.kept, changed.surplus) == (2, 17, 3)
    assert changed.counts == Counter(ok=19)
    images, status = rows(storage, changed)
    assert [row["photo_id"] for row in images] == [row["photo_id"] for row in status] == [*range(20), 30, 31]
    assert run(storage, config, urls(*range(3, 20), 30, 31)).files == changed.files

    gone = run(storage, config, urls(31))
    assert (gone.kept, gone.surplus, gone.counts) == (1, 21, Counter(ok=1))
    assert gone.files == changed.files
    back = run(storage, config, urls(*range(20), 31))
    assert (back.asked, back.kept, back.surplus) == (0, 21, 1)
    assert set(server.asked.values()) == {1}


def test_what_became_of_photos_no_longer_wanted_is_kept_when_their_part_is_rewritten(storage, config, server) -> None:
    hasty = config.model_copy(update={"tries": 1})
    kinds = {0: "good", 1: "status/404", 2: "status/503", 3: "shaky"}
    urls: dict[int, str | None] = {n: f"{server.url}/{kind}/{n}.jpg" for n, kind in kinds.items()}
    run(storage, hasty, urls)
    fewer = run(storage, hasty, {3: urls[3]})
    assert (fewer.asked, fewer.surplus, fewer.counts, fewer.retryable) == (1, 3, Counter(transient=1), 1)
    images, status = rows(storage, fewer)
    assert [(row["photo_id"], row["status"], row["attempts"]) for row in status] == [
        (0, "ok", 1), (1, "missing", 1), (2, "transient", 1), (3, "transient", 2),
    ]  # fmt: skip
    assert [row["photo_id"] for row in images] == [0]
    assert run(storage, hasty, urls).counts == Counter(ok=2, missing=1, transient=1)
    assert server.asked == {"/good/0.jpg": 1, "/status/404/1.jpg": 1, "/status/503/2.jpg": 2, "/shaky/3.jpg": 3}


def test_a_permanent_failure_is_asked_for_again_only_elsewhere(local, config, server) -> None:
    gone = {1: f"{server.url}/status/404/1.jpg"}
    run(local, config, gone)
    run(local, config, gone)
    assert sum(server.asked.values()) == 1
    elsewhere = run(local, config, {1: f"{server.url}/good/1.jpg"})
    assert rows(local, elsewhere)[1][0]["status"] == "ok"
    assert rows(local, elsewhere)[1][0]["attempts"] == 1


def test_other_sizes_are_fetched_anew_and_failures_are_not(local, config, server) -> None:
    urls = {n: f"{server.url}/{'status/404' if n == 3 else 'good'}/{n}.jpg" for n in range(10)}
    run(local, config, urls)
    smaller = run(local, config.model_copy(update={"short_side": 24}), urls)
    images, status = rows(local, smaller)
    assert {min(row["width"], row["height"]) for row in images} == {24}
    assert len(status) == 10
    assert server.asked["/status/404/3.jpg"] == 1
    assert server.asked["/good/4.jpg"] == 2


def test_a_pair_that_does_not_agree_is_made_whole(local, config, server) -> None:
    urls: dict[int, str | None] = {n: f"{server.url}/good/{n}.jpg" for n in range(16)}
    undisturbed = rows(local, run(local, config, urls))
    half = local.read_bytes(f"{STATUSES}/part-0.parquet")
    local.remove(f"{STATUSES}/part-0.parquet")
    assert rows(local, run(local, config, urls)) == undisturbed
    assert {server.asked[f"/good/{n}.jpg"] for n in range(8)} == {2}
    assert {server.asked[f"/good/{n}.jpg"] for n in range(8, 16)} == {1}

    local.write_bytes(f"{STATUSES}/part-1.parquet", half)  # part 1's images beside part 0's statuses
    assert rows(local, run(local, config, urls)) == undisturbed
    assert {server.asked[f"/good/{n}.jpg"] for n in range(8)} == {2}

    local.write_bytes(f"{IMAGES}/part-0.parquet", b"PAR1 no more")
    assert rows(local, run(local, config, urls)) == undisturbed


def test_a_shard_without_photos_has_typed_empty_tables(storage, config) -> None:
    collected = run(storage, config, {})
    assert rows(storage, collected) == ([], [])
    assert [file.rows for file in collected.files[0]] == [0, 0]


def test_nothing_reachable_is_no_crash(local, config, closed_port) -> None:
    urls = {n: f"http://127.0.0.1:{closed_port}/{n}.jpg" for n in range(60)}
    collected = run(local, config, urls)
    assert collected.counts == Counter(transient=60)
    errors = [row["error"] for row in rows(local, collected)[1]]
    assert any(error.startswith("no connection to") for error in errors)
    assert any("could not be reached" in error for error in errors)


def test_the_picture_that_stands_for_a_missing_photo_is_known_by_its_hash(local, config, server, picture) -> None:
    stand_in = decode(picture(1), sizes_of(config))
    assert not isinstance(stand_in, Failure)
    knowing = config.model_copy(update={"unavailable_sha256": (stand_in.sha256,)})
    assert run(local, knowing, {1: f"{server.url}/good/1.jpg"}).counts == Counter(missing=1)


def test_a_picture_found_to_stand_for_missing_photos_is_taken_out_without_asking_again(
    storage, config, server, photos
) -> None:
    urls = {1: f"{server.url}/good/1.jpg", 2: f"{server.url}/good/2.jpg", **photos}
    before = run(storage, config, urls)
    images, _ = rows(storage, before)
    knowing = config.model_copy(update={"unavailable_sha256": (images[0]["sha256"],)})
    after = run(storage, knowing, urls)
    assert (after.asked, after.counts) == (0, Counter(ok=19, missing=3))  # one of the files is the same picture
    assert [row["photo_id"] for row in rows(storage, after)[0]] == [one for one in photos if one != 101]
    (first, *_) = rows(storage, after)[1]
    assert first == {
        "photo_id": 1,
        "status": "missing",
        "attempts": 1,
        "error": "the picture that stands for a photo that was taken down",
        "location": urls[1],
    }
    assert run(storage, knowing, urls).files == after.files
    assert set(server.asked.values()) == {1}


def test_progress_is_told(local, config, photos) -> None:
    told: list[tuple[int, int, dict[str, int]]] = []
    run(local, config, photos, progress=lambda done, total, counts: told.append((done, total, dict(counts))))
    assert [done for done, _, _ in told] == list(range(1, 21))
    assert told[-1] == (20, 20, {"ok": 20})


def test_a_storage_that_cannot_be_written_stops_the_run(tmp_path, config, photos) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match=r"cannot (write|list|read)|Not a directory"):
        run(Storage(str(tmp_path / "data")), config, photos)


def test_no_password_is_published(local, config, server) -> None:
    address = server.url.removeprefix("http://")
    collected = run(local, config, {1: f"http://me:secret@{address}/status/404/1.jpg?token=secret"})
    assert "secret" not in str(rows(local, collected)[1])
