"""Published weights: safetensors, with the configuration that made them as JSON beside."""

import os
from pathlib import Path
from typing import TypeVar

import fsspec
import safetensors.torch
import torch
from pydantic import BaseModel
from torch import Tensor, nn

ConfigT = TypeVar("ConfigT", bound=BaseModel)


class UnusableWeightsError(ValueError):
    """Weights are NaN, or do not fit the network."""


def dump_weights(module: nn.Module) -> bytes:
    """A module's weights and buffers as safetensors.

    Raises:
        UnusableWeightsError: If a weight is NaN or infinite; names it.
    """
    state = {name: value.detach().cpu().contiguous() for name, value in module.state_dict().items()}
    check_finite(state)
    return safetensors.torch.save(state)


def save_weights(module: nn.Module, path: Path) -> None:
    """Writes a module's weights to a local file, whole or not at all."""
    beside = path.with_suffix(".tmp")
    with beside.open("wb") as sink:
        sink.write(dump_weights(module))
        sink.flush()
        os.fsync(sink.fileno())
    beside.replace(path)


def read_weights(path: str) -> bytes:
    """The content of published weights.

    Args:
        path: Local or fsspec path.

    Raises:
        UnusableWeightsError: If there is no such file.
    """
    try:
        with fsspec.open(path, "rb") as file:
            return bytes(file.read())
    except FileNotFoundError as error:
        raise UnusableWeightsError(f"{path}: expected weights to start from, found no file") from error


def load_weights(module: nn.Module, data: bytes, source: str = "the weights") -> None:
    """Puts weights into a module that fits them.

    Args:
        module: Of the same configuration.
        data: What `dump_weights` gave.
        source: What they are called in messages.

    Raises:
        UnusableWeightsError: If they do not fit, are broken, or are NaN.
    """
    try:
        state = safetensors.torch.load(data)
    except safetensors.SafetensorError as error:
        raise UnusableWeightsError(f"{source}: expected safetensors, found {error}") from error
    check_finite(state, source)
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise UnusableWeightsError(f"{source} do not fit {type(module).__name__}: {error}") from error


def check_finite(state: dict[str, Tensor], source: str = "the weights") -> None:
    """Refuses weights that are NaN or infinite.

    Raises:
        UnusableWeightsError: Names the first tensor that is.
    """
    for name, value in state.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            bad = int((~torch.isfinite(value)).sum())
            raise UnusableWeightsError(
                f"{source}: expected finite numbers, found {bad} NaN or infinite of {value.numel()} in {name}"
            )


def dump_config(config: BaseModel) -> bytes:
    """A configuration as JSON, for the file beside the weights."""
    return (config.model_dump_json(indent=2) + "\n").encode()


def load_config(kind: type[ConfigT], data: bytes) -> ConfigT:
    """The configuration that `dump_config` wrote."""
    return kind.model_validate_json(data)
