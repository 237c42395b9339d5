"""Checks of the report: it stands alone, has its four tables, and its accounting adds up."""

import re

from assets.base.checks import CheckResult, check
from assets.base.run import Run

_LOADED = re.compile(
    r"""<(?:script|link|iframe|object|embed|base)\b[^>]*?(?:src|href|data)\s*=\s*["']?(?!data:)[^"'\s>]*"""
    r"""|\b(?:src|srcset|poster|xlink:href)\s*=\s*["']?(?!data:|\#)[^"'\s>]+|@import|url\(\s*["']?(?!\#|data:)""",
    re.IGNORECASE,
)
TABLES = ("agnostic-retrieval", "agnostic-tagging", "sensitive-retrieval", "sensitive-tagging")


def _page(run: Run) -> str:
    return run.storage.read_bytes(run.files("evaluation_report")[0]).decode()


def loaded_from_outside(page: str) -> list[str]:
    """What a browser would fetch beyond the page itself: sources, style sheets, imports."""
    without_text = re.sub(r"<pre>.*?</pre>", "", page, flags=re.DOTALL)
    tags = re.findall(r"<[^>]+>|<style>.*?</style>", without_text, flags=re.DOTALL)
    return [found[0] for tag in tags if (found := _LOADED.search(tag))]


@check(asset="evaluation_report", blocking=True)
def self_contained(run: Run) -> CheckResult:
    """Nothing is loaded from anywhere: the page opens without a network."""
    found = loaded_from_outside(_page(run))
    sentence = "the page loads nothing" if not found else f"the page would load {found[0]!r}"
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
