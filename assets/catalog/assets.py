"""Step `duckdb_catalog`: every recorded table as a view of one DuckDB file."""

import shutil

import pyarrow as pa
import pyarrow.parquet as pq

from assets.base.run import Run
from assets.base.show import markdown_table
from assets.base.step import Reads, step
from assets.base.tables import TABLES
from assets.catalog.access import CATALOG, refuse_if_held
from assets.catalog.build import CatalogError, build_catalog
from assets.catalog.checks import every_view_answers, photo_ids_unique

# The models and the report are no tables: read so that the catalog, with its view `provenance`, comes last.
_READ = (*TABLES, "embedding_model", "locsens_model", "evaluation_report")


@step(
    stage="catalog",
    outputs=("duckdb_catalog",),
    reads=tuple(Reads(asset, optional=True) for asset in _READ),
    code_version="2",
    kinds={"duckdb"},
    checks=(every_view_answers, photo_ids_unique),
)
def duckdb_catalog(run: Run) -> None:
    """`locsens.duckdb`: one view per table, `image_embeddings` and `tag_embeddings` of all methods."""
    refuse_if_held(run.storage)
    files = {asset: run.files(asset) for asset in TABLES}
    built = run.scratch / CATALOG
    build_catalog(
        built,
        {asset: [run.storage.url(path) for path in paths] for asset, paths in files.items()},
        {asset: width for asset, paths in files.items() if (width := _width(run, asset, paths)) is not None},
        run.workspace.ledger.table(),
        run.storage,
    )
    refuse_if_held(run.storage)
    with run.create("duckdb_catalog", CATALOG) as sink, built.open("rb") as file:
        shutil.copyfileobj(file, sink)
    counts = [(asset, len(paths), run.rows(asset)) for asset, paths in files.items()]
    run.note(
        "duckdb_catalog",
        {
            "views": len(TABLES),
            "files": sum(count for _, count, _ in counts),
            "tables": markdown_table(("view", "files", "rows"), counts),
        },
    )


def _width(run: Run, asset: str, paths: list[str]) -> int | None:
    """Length of a table's vectors, None if it has none or nothing was written.

    Raises:
        CatalogError: Its files disagree.
    """
    column = TABLES[asset].width_of
    if column is None:
        return None
    widths: dict[int, str] = {}
    for path in paths:
        with run.storage.open(path) as file:
            kind = pq.read_schema(file).field(column).type
        if pa.types.is_fixed_size_list(kind):
            widths.setdefault(kind.list_size, path)
    if len(widths) > 1:
        shown = ", ".join(f"{width} in {path}" for width, path in sorted(widths.items()))
        raise CatalogError(
            f"{asset}: expected vectors of one length, found {shown}; run `locsens materialize` to redo what is old"
        )
    return next(iter(widths), None)
