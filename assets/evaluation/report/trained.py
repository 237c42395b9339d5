"""What the report shows of the trained models: their curves, and the network to draw."""

import io

import polars as pl
import pyarrow.parquet as pq

from assets.base.keys import METHODS, VARIANTS
from assets.evaluation.candidates import Published
from assets.evaluation.report.data import Curve, Layers
from models.config import VariantConfig
from models.schedules import sigma_snapshots
from models.weights import load_config

_DRAWN_FIRST = "retrieval_raw"
_STAGED = "retrieval_sampling"
_LOCATIONS = {
    "zeroed": "location: its representation is zeroed",
    "raw": "location: true coordinates throughout",
    "dropout": "location: zeroed first, then let in and dropped at random",
    "sampling": "location: coordinates with ever less noise",
}


def training_curves(published: Published) -> tuple[Curve, ...]:
    """The curve of every trained model, embeddings first."""
    curves = []
    for asset, keys in (("embedding_model", METHODS), ("locsens_model", VARIANTS)):
        for key in keys:
            path = _file(published, asset, key, "curve.parquet")
            if path is not None:
                steps = pl.from_arrow(pq.read_table(io.BytesIO(published.storage.read_bytes(path))))
                assert isinstance(steps, pl.DataFrame)
                curves.append(Curve(_title(asset, key), steps))
    return tuple(curves)


def _file(published: Published, asset: str, partition: str, name: str) -> str | None:
    return next((path for path in published.files(asset, partition) if path.endswith(f"/{name}")), None)


def sampling_stages(published: Published) -> dict[str, tuple[int, int]]:
    """Model → steps after which its weights were kept, and steps of the whole training; empty if there is none.

    Location sampling is one training: what is reported at a sigma is a snapshot of it, made before the rate had fallen.
    """
    path = _file(published, "locsens_model", _STAGED, "config.json")
    if path is None:
        return {}
    config = load_config(VariantConfig, published.storage.read_bytes(path))
    steps = config.optimisation.steps
    kept = sigma_snapshots(steps, config.sigmas)
    return {f"locsens_sampling_{name.removeprefix('sigma_')}": (done, steps) for done, name in kept.items()}


def _title(asset: str, key: str) -> str:
    if asset == "embedding_model":
        return f"{key.upper()} embedding"
    return f"LocSens, {key.replace('_', ', ')}"


def drawn_network(published: Published) -> Layers | None:
    """The network of LocSens raw, or of the first variant that is trained; None if none is."""
    for variant in (_DRAWN_FIRST, *VARIANTS):
        path = _file(published, "locsens_model", variant, "config.json")
        if path is not None:
            return layers_of(variant, load_config(VariantConfig, published.storage.read_bytes(path)))
    return None


def layers_of(variant: str, config: VariantConfig) -> Layers:
    """What the architecture figure draws, from the configuration that made a model."""
    network = config.network
    fourier = network.location_encoder == "fourier"
    location = 2 * len(network.fourier_scales) * network.fourier_features if fourier else 2
    norm = f", group norm ({network.branch_norm_groups})" if network.branch_norm_groups else ""
    return Layers(
        variant=variant,
        inputs={"image": network.image_embedding, "tag": network.tag_embedding, "location": location},
        modality_width={
            "image": network.branch_width,
            "tag": network.branch_width,
            "location": network.location_width,
        },
        branch=f"linear{norm}, ReLU",
        normalised=network.normalise,
        hidden=network.hidden,
        hidden_block=f"linear, group norm ({network.norm_groups}), ReLU",
        margin=config.margin,
        negatives=config.negatives_per_anchor,
        location=_LOCATIONS[config.location],
    )
