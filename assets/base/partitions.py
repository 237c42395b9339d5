"""The partitions of the graph as Dagster knows them; the keys are in `assets.base.keys`."""

import dagster as dg

from assets.base.keys import FIXED_KEYS, Dimension

SOURCE_FILE = dg.DynamicPartitionsDefinition(name="source_file")
SHARD = dg.DynamicPartitionsDefinition(name="shard")

DEFINITIONS: dict[Dimension, dg.PartitionsDefinition[str]] = {
    "source_file": SOURCE_FILE,
    "shard": SHARD,
    **{dimension: dg.StaticPartitionsDefinition(keys) for dimension, keys in FIXED_KEYS.items()},
}
