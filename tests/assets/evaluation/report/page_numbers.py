"""Reads the report as a sceptic does: follows every number to its query, runs it, and compares."""

from dataclasses import dataclass
from html.parser import HTMLParser

import duckdb

PREFIX = "#sql-"
SMALLEST_P = 0.001


@dataclass
class Number:
    """A number of the page: its text, the query that it leads to, and the column of the answer that gives it."""

    key: str
    column: str
    text: str = ""


class Numbers(HTMLParser):
    """Collects the numbers with a query, and the queries by key."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Number] = []
        self.queries: dict[str, str] = {}
        self._open: Number | None = None
        self._query = ""
        self._in_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and values.get("href", "").startswith(PREFIX):
            self._open = Number(values["href"].removeprefix(PREFIX), values["data-column"])
            self.found.append(self._open)
        if tag == "div" and values.get("class") == "query":
            self._query = values["id"].removeprefix(PREFIX[1:])
        self._in_code = tag == "code" and bool(self._query)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = None
        if tag == "code" and self._in_code:
            self._in_code, self._query = False, ""

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.text += data
        if self._in_code:
            self.queries[self._query] = self.queries.get(self._query, "") + data


def numbers_of(page: str) -> Numbers:
    """The numbers of a page and their queries."""
    numbers = Numbers()
    numbers.feed(page)
    return numbers


def mistakes(page: str, catalog: duckdb.DuckDBPyConnection) -> list[str]:
    """What the catalog says otherwise than the page, a sentence each; every query of the page is run."""
    numbers = numbers_of(page)
    answers = {}
    for key, sql in numbers.queries.items():
        cursor = catalog.execute(sql)
        rows = cursor.fetchall()
        assert len(rows) == 1, f"{key}: {len(rows)} rows of {sql}"
        answers[key] = dict(zip((column[0] for column in cursor.description), rows[0], strict=True))
    wrong = []
    for number in numbers.found:
        answer = answers[number.key]
        names = (number.column, f"{number.column}_sd")
        for name, text in zip(names, number.text.split("±"), strict=False):
            if not _same(text.strip().replace("\u202f", ""), answer[name], name):
                wrong.append(f"{number.key}, {name}: the page has {text.strip()!r}, the catalog {answer[name]!r}")
    return wrong


def _same(text: str, value: float | None, column: str) -> bool:
    if value is None:
        return text == "–"
    if column == "p_value" and text.startswith("<"):
        return value < SMALLEST_P
    return float(text) == float(value)
