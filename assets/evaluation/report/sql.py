"""SQL against `locsens.duckdb`: the query of every number on the page, and questions that a reader may ask further.

A number's query yields one row; its columns are named as those of the table that shows it, rounded as it is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from assets.base.sql import quote_name, quote_text


@dataclass(frozen=True)
class Query:
    """What some numbers of the page are read from.

    Attributes:
        key: Unique on the page; its anchor is `sql-<key>`.
        about: Which numbers these are.
        sql: A SELECT of one row.
    """

    key: str
    about: str
    sql: str


def one_row(columns: Mapping[str, str], source: str, where: Mapping[str, str | int] | None = None) -> str:
    """A SELECT of one row.

    Args:
        columns: Name of each column → the expression for it.
        source: A view, with its joins if any.
        where: Column → the value that it must have.
    """
    selected = ",\n       ".join(f"{expression} AS {_name(name)}" for name, expression in columns.items())
    conditions = [
        f"{name} = {value if isinstance(value, int) else quote_text(value)}" for name, value in (where or {}).items()
    ]
    tail = f"\nWHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {selected}\nFROM {source}{tail};"


def figures(columns: Mapping[str, str], *, spread: bool) -> dict[str, str]:
    """Expressions for means, and for their standard deviations over seeds, as they are shown.

    Args:
        columns: Name of each column → what is averaged, with its FILTER if any: `x` or `x FILTER (y)`.
        spread: Whether `<name>_sd` stands beside each.
    """
    found = {}
    for name, averaged in columns.items():
        value, filtered, condition = averaged.partition(" FILTER ")
        found[name] = f"round(avg({value}){filtered}{condition}, 2)"
        if spread:
            found[f"{name}_sd"] = f"round(stddev_samp({value}){filtered}{condition}, 2)"
    return found


def at(granularity: str, value: str = "precision_at_10", by: str = "granularity") -> str:
    """A value where a column has a value, as `figures` takes it."""
    return f"{value} FILTER ({by} = {quote_text(granularity)})"


def _name(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else quote_name(name)


def of_cells(degrees: float, within: tuple[float, float, float, float] | None) -> str:
    """The photos in each cell of a map.

    Args:
        degrees: Side of a cell.
        within: South, north, west and east edge of what is counted; None for everything.
    """
    side = f"{degrees!r}::DOUBLE"  # a plain literal would be a decimal, whose quotients are others
    centres = (f"(floor({axis} / {side}) + 0.5) * {side} AS {axis}" for axis in ("latitude", "longitude"))
    columns = ",\n       ".join((*centres, "count(*) AS photos"))
    where = ""
    if within is not None:
        south, north, west, east = (f"{edge!r}::DOUBLE" for edge in within)
        where = f"\nWHERE latitude BETWEEN {south} AND {north} AND longitude BETWEEN {west} AND {east}"
    return f"SELECT {columns}\nFROM photos{where} GROUP BY ALL ORDER BY ALL;"


OF_FREQUENCIES: Final = """SELECT row_number() OVER (ORDER BY photos DESC, skipped DESC) AS rank, photos, skipped
FROM (SELECT photos, true AS skipped FROM skipped_tags UNION ALL SELECT photos, false FROM vocabulary)
ORDER BY rank;"""
"""The photos of each hashtag, most frequent first, and whether it is skipped."""

QUESTIONS: Final[tuple[tuple[str, str], ...]] = (
    (
        "The table of location-sensitive retrieval, one row a model",
        """PIVOT (SELECT model, granularity, precision_at_10 FROM retrieval_results
       WHERE average = 'query' AND slice = 'all')
ON granularity IN ('agnostic', 'continent', 'country', 'region', 'city', 'street')
USING avg(precision_at_10) GROUP BY model ORDER BY model;""",
    ),
    (
        "Which hashtags are used around a place (within 25 km of London)",
        """SELECT tag, count(*) AS photos
FROM (SELECT unnest(tags) AS tag FROM photos WHERE near(latitude, longitude, 51.5, -0.13, 25))
GROUP BY tag ORDER BY photos DESC, tag LIMIT 20;""",
    ),
    (
        "Where two models differ most: queries that LocSens raw gets right nearby and MCC does not",
        """WITH hits AS (
  SELECT model, query_id, count(*) FILTER (has_tag AND distance_km <= 25) AS found
  FROM retrieval_rankings WHERE rank <= 10 AND model IN ('locsens_raw', 'mcc')
  GROUP BY model, query_id)
SELECT v.tag, q.latitude, q.longitude, r.found AS locsens_raw, m.found AS mcc
FROM hits r JOIN hits m USING (query_id)
  JOIN retrieval_queries q USING (query_id) JOIN vocabulary v USING (tag_id)
WHERE r.model = 'locsens_raw' AND m.model = 'mcc' AND q.kind = 'photo'
ORDER BY r.found - m.found DESC, query_id LIMIT 20;""",
    ),
    (
        "Which hashtags a tagger finds, and which it only guesses",
        """SELECT v.tag, count(*) AS predicted, count(*) FILTER (is_correct) AS correct
FROM tagging_rankings JOIN vocabulary v USING (tag_id)
WHERE model = 'locsens_raw' AND rank <= 10
GROUP BY v.tag ORDER BY predicted DESC, v.tag LIMIT 20;""",
    ),
    (
        "Why photos have no image",
        """SELECT status, count(*) AS photos, any_value(error) AS example
FROM image_status GROUP BY status ORDER BY photos DESC;""",
    ),
)
"""Question, and the query that answers it."""
