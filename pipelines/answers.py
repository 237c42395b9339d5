"""`locsens search` and `locsens tag`: what `assets.search` answers, as a table, and on request as a page."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.base.settings import Settings
from assets.search.answers import FoundPhotos, FoundTags
from assets.search.errors import SearchError
from assets.search.page import photos_page, tags_page
from assets.search.ranker import Ranker


def search(
    settings: Settings,
    console: Console,
    hashtag: str,
    *,
    near: str | None,
    variant: str | None,
    top: int,
    gallery: Path | None,
) -> None:
    """Find photos for a hashtag and a place, and tell them.

    Args:
        settings: Where the collection is.
        console: Where to tell.
        hashtag: See `Ranker.search`, as for the next three.
        near: A city, or latitude and longitude.
        variant: Model key.
        top: Photos wanted.
        gallery: Page to write, None for none.

    Raises:
        SearchError: It cannot be answered, or the page cannot be written.
    """
    _check(gallery)
    ranker = Ranker.open(settings=settings)
    answer = ranker.search(hashtag, near, variant, top)
    table = _table(answer, "", "score", "photo", "where", "km", "has it", "hashtags")
    for found in answer.photos:
        table.add_row(
            str(found.rank),
            f"{found.score:.3f}",
            str(found.photo_id),
            escape(found.where),
            "–" if found.distance_km is None else f"{found.distance_km:,.1f}",
            "yes" if found.has_tag else "no",
            escape(" ".join(found.tags)),
        )
    _tell(table, answer, f"{answer.candidates:,} photos", console)
    if gallery is not None:
        jpegs = ranker.jpegs([found.photo_id for found in answer.photos])
        _write(gallery, photos_page(answer, jpegs, ranker.near_km), console)


def tag(
    settings: Settings,
    console: Console,
    photo: Path,
    *,
    at: str | None,
    variant: str | None,
    top: int,
    gallery: Path | None,
) -> None:
    """Find hashtags for a photo and a place, and tell them.

    Args:
        settings: Where the collection is.
        console: Where to tell.
        photo: See `Ranker.tag`, as for the next three.
        at: A city, or latitude and longitude.
        variant: Model key.
        top: Hashtags wanted.
        gallery: Page to write, None for none.

    Raises:
        SearchError: It cannot be answered, or the page cannot be written.
    """
    _check(gallery)
    answer = Ranker.open(settings=settings).tag(photo, at, variant, top)
    table = _table(answer, "", "score", "hashtag", "photos", "a place's name")
    for found in answer.tags:
        place = "yes" if found.is_place else "no"
        table.add_row(str(found.rank), f"{found.score:.3f}", escape(found.tag), f"{found.photos:,}", place)
    _tell(table, answer, f"{answer.candidates:,} hashtags", console)
    if gallery is not None:
        _write(gallery, tags_page(answer), console)


def _table(answer: FoundPhotos | FoundTags, *columns: str) -> Table:
    return Table(*columns, title=escape(answer.title), title_justify="left", title_style="bold")


def _tell(table: Table, answer: FoundPhotos | FoundTags, ranked: str, console: Console) -> None:
    console.print(table)
    for note in answer.notes:
        console.print(f"[yellow]note[/] {escape(note)}", soft_wrap=True)
    seconds = f"in {answer.query_s:.2f} s, after {answer.loading_s:.2f} s of loading"
    console.print(f"[dim]{ranked} ranked by {answer.variant} {seconds}[/]", soft_wrap=True)


def _check(gallery: Path | None) -> None:
    """That the page can be written, before minutes may go into what it shows."""
    if gallery is not None and not gallery.parent.is_dir():
        raise SearchError(f"--gallery {gallery}: the page cannot be written (there is no folder {gallery.parent})")


def _write(path: Path, page: str, console: Console) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise SearchError(f"--gallery {path}: the page cannot be written ({error.strerror})") from error
    console.print(f"gallery  {path.absolute()}", soft_wrap=True, markup=False)
