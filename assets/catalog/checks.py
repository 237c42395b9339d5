"""Checks of the catalog: it answers, and what no shard can see alone holds over all of them."""

from typing import TYPE_CHECKING

from assets.base.checks import CheckResult, check
from assets.base.run import Run
from assets.catalog.access import open_catalog

if TYPE_CHECKING:
    import duckdb


@check(asset="duckdb_catalog", blocking=True)
def every_view_answers(run: Run) -> CheckResult:
    """A row of every view can be read."""
    import duckdb

    failed = []
    with open_catalog(run.storage) as database:
        names = view_names(database)
        for name in names:
            try:
                database.execute(f'FROM "{name}" LIMIT 1').fetchall()
            except duckdb.Error as error:
                failed.append(f"{name}: {str(error).splitlines()[0]}")
    sentence = "; ".join(failed) or f"all {len(names)} views answer"
    return CheckResult(not failed, sentence, {"views": len(names), "failed": len(failed)})


@check(asset="duckdb_catalog", blocking=True)
def photo_ids_unique(run: Run) -> CheckResult:
    """No photo id is used twice over all shards and splits."""
    with open_catalog(run.storage) as database:
        found = database.execute("SELECT count(*), count(DISTINCT photo_id) FROM photos").fetchone()
    assert found is not None
    photos, ids = found
    return CheckResult(
        photos == ids,
        f"{photos - ids:,} of {photos:,} photos twice",
        {"photos": photos, "twice": photos - ids},
    )


def view_names(database: "duckdb.DuckDBPyConnection") -> list[str]:
    """Names of the catalog's views, sorted."""
    rows = database.execute(
        "SELECT view_name FROM duckdb_views() WHERE NOT internal AND schema_name = 'main' ORDER BY view_name"
    ).fetchall()
    return [name for (name,) in rows]
