"""Checks of the report: it stands alone, has its four tables, and its accounting adds up."""

import re
from html.parser import HTMLParser

from assets.base.checks import CheckResult, check
from assets.base.run import Run

TABLES = ("agnostic-retrieval", "agnostic-tagging", "sensitive-retrieval", "sensitive-tagging")

_LOADING = ("src", "srcset", "poster", "data", "background", "action", "href", "xlink:href")
_INSIDE = ("#", "data:")
_STYLE_LOADS = re.compile(r"@import|url\(\s*['\"]?(?!#|data:)[^)]*", re.IGNORECASE)


class _Loads(HTMLParser):
    """Collects what a browser would fetch, or run, beyond the page itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        if tag in ("script", "iframe"):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            text = (value or "").strip()
            # A link to follow loads nothing by itself.
            loads = name in _LOADING and not (tag == "a" and name == "href")
            if loads and not text.lower().startswith(_INSIDE):
                self.found.append(f"{tag} {name}={text[:80]!r}")
            if name.startswith("on"):
                self.found.append(f"{tag} {name}")
            if name == "style":
                self._styles(text)

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self._styles(data)

    def _styles(self, text: str) -> None:
        self.found += [loaded[:80] for loaded in _STYLE_LOADS.findall(text)]


def loaded_from_outside(page: str) -> list[str]:
    """What a browser would fetch, or run, beyond the page itself: sources, scripts, style sheets, imports."""
    loads = _Loads()
    loads.feed(page)
    return loads.found


def _page(run: Run) -> str:
    return run.storage.read_bytes(run.files("evaluation_report")[0]).decode()


@check(asset="evaluation_report", blocking=True)
def self_contained(run: Run) -> CheckResult:
    """Nothing is loaded from anywhere: the page opens without a network."""
    found = loaded_from_outside(_page(run))
    sentence = "the page loads nothing" if not found else f"the page would load {found[0]}"
    return CheckResult(not found, sentence, {"loads": len(found)})


@check(asset="evaluation_report", blocking=True)
def has_four_tables(run: Run) -> CheckResult:
    """The four tables of the paper are there."""
    page = _page(run)
    missing = [key for key in TABLES if f'id="{key}"' not in page]
    sentence = "all four tables are there" if not missing else f"missing: {', '.join(missing)}"
    return CheckResult(not missing, sentence, {"tables": len(TABLES) - len(missing)})


@check(asset="evaluation_report", blocking=False)
def rows_are_accounted_for(run: Run) -> CheckResult:
    """Every step's rows in equal its rows out and left out."""
    wrong = _page(run).count('class="wrong"')
    sentence = "every row is accounted for" if not wrong else f"{wrong} accounts do not add up"
    return CheckResult(not wrong, sentence, {"accounts that do not add up": wrong})
