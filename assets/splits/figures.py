"""The map of a shard's photos."""

import pyarrow as pa
from matplotlib.figure import Figure

COLOURS = {"train": "0.55", "validation": "tab:orange", "test": "tab:blue"}


def photo_map(photos: dict[str, pa.Table]) -> Figure:
    """Where the photos of each split were taken, longitude over latitude in degrees.

    Args:
        photos: Table `photos` of each split.
    """
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.add_subplot()
    for split, table in photos.items():
        axes.scatter(
            table.column("longitude").to_numpy(),
            table.column("latitude").to_numpy(),
            s=2,
            color=COLOURS[split],
            label=f"{split}: {table.num_rows:,}",
            rasterized=True,
        )
    axes.set_xlim(-180, 180)
    axes.set_ylim(-90, 90)
    axes.set_aspect("equal")
    axes.grid(visible=True, linewidth=0.3)
    axes.set_xlabel("longitude")
    axes.set_ylabel("latitude")
    axes.legend(loc="lower left", markerscale=4, fontsize=8)
    return figure
