"""Questions that a reader of the report may ask further, as SQL against `locsens.duckdb`."""

from typing import Final

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
