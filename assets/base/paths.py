"""Where an output's files lie in the storage: tables, models, the report and the catalog."""

from assets.base.storage import Storage
from assets.base.tables import TABLES

REPORT = "evaluation_report"
CATALOG = "duckdb_catalog"
REPORT_FILE = "index.html"


def folder_of(asset: str, partition: str | None, folders: dict[str, str] | None = None) -> str:
    """Folder of an output's files, relative to the storage; empty for the storage's top.

    Args:
        asset: Asset name.
        partition: Its partition key, None for the whole.
        folders: Values of the folders that are not the partition, such as `split`.

    Raises:
        KeyError: The table has other folders.
    """
    if asset == CATALOG:
        return ""
    if asset == REPORT:
        return "reports"
    if asset not in TABLES:
        return f"models/{asset}" if partition is None else f"models/{asset}/{partition}"
    wanted = TABLES[asset].folders
    values = dict(folders or {})
    if partition is not None:
        values[wanted[-1]] = partition
    if set(values) != set(wanted):
        raise KeyError(f"table {asset}: expected folders {wanted}, found {tuple(values)}")
    return "/".join(("tables", asset, *(f"{name}={values[name]}" for name in wanted)))


def own_folders(storage: Storage, asset: str, partition: str | None) -> list[str]:
    """Every folder that holds nothing but this output's files; none for an output that may share its folder.

    What lies in these folders and is not recorded is removed: a folder such as `reports` may hold a person's own files.
    """
    if asset in (CATALOG, REPORT):
        return []
    if asset in TABLES and len(TABLES[asset].folders) > 1:
        inner = f"{TABLES[asset].folders[-1]}={partition}"
        return [f"tables/{asset}/{outer}/{inner}" for outer in storage.folders(f"tables/{asset}")]
    return [folder_of(asset, partition)]
