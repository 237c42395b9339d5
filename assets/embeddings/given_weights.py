"""Files of weights that trainings start from, as inputs: another file at the same path makes another model.

Weights that torchvision knows by name never change and are no input.
"""

from collections.abc import Iterable

from assets.base.profiles import Profile
from assets.base.provenance import Input, Record
from assets.base.workspace import Workspace
from assets.ingestion.errors import SourceError
from assets.ingestion.sources import Source, absolute_url, find_source_files


class GivenWeightsError(ValueError):
    """Weights that a training is to start from cannot be looked up."""


def backbone_weights(profile: Profile, method: str) -> tuple[str, ...]:
    """The file that a method's backbone starts from, if it does from one."""
    backbone = profile.embeddings.of(method).backbone
    return (backbone.weights,) if backbone.starts_from_file else ()


def initial_weights(profile: Profile, variant: str) -> tuple[str, ...]:
    """The file that a LocSens variant starts from, if it does from one."""
    return tuple(filter(None, (profile.locsens[variant].initial_weights,)))


def weights_input(workspace: Workspace, asset: str, partition: str | None, paths: Iterable[str]) -> list[Input]:
    """Files of weights as inputs of an output: public URL and fingerprint now.

    Of one that cannot be looked up what the output's record says stays: a model is as good as before when the file that
    it began with is gone.

    Args:
        workspace: Knows the record.
        asset: What is trained.
        partition: Its partition.
        paths: Local or fsspec paths.

    Raises:
        GivenWeightsError: One is not there or cannot be reached, and the output was not made of it.
    """
    record = workspace.ledger.get(asset, partition)
    return [_as_input(path, record) for path in sorted(set(paths))]


def _as_input(path: str, record: Record | None) -> Input:
    url = absolute_url(path)
    try:
        (file,) = find_source_files(Source(path))
    except (SourceError, ValueError) as error:
        before = next((one for one in record.inputs if one.asset == url), None) if record else None
        if before is None:
            raise GivenWeightsError(f"weights that a training starts from: {error}") from error
        return before
    return Input(url, None, file.etag)
