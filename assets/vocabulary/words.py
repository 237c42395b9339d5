"""Which file of word vectors the collection uses: the setting's, or the sample world's own."""

from assets.base.provenance import Input
from assets.base.word_vector_file import WordVectorError
from assets.base.workspace import Workspace
from assets.ingestion.discovery import sample_world
from assets.ingestion.errors import SourceError
from assets.ingestion.sources import Source, find_source_files


def word_vectors_url(workspace: Workspace) -> str:
    """Path or URL of the file of word vectors; empty if there is none. May hold credentials."""
    if workspace.settings.word_vectors:
        return workspace.settings.word_vectors
    world = sample_world(workspace)
    return "" if world is None else str(world.word_vectors)


def word_vectors_input(workspace: Workspace, _partition: str | None) -> list[Input]:
    """The file as an input of what is made from it: public URL and fingerprint now; nothing without one.

    Raises:
        WordVectorError: The file is not there or cannot be reached.
    """
    url = word_vectors_url(workspace)
    if not url:
        return []
    try:
        (file,) = find_source_files(Source(url))
    except SourceError as error:
        raise WordVectorError(f"word vectors (LOCSENS_WORD_VECTORS): {error}") from error
    except ValueError as error:
        raise WordVectorError("word vectors (LOCSENS_WORD_VECTORS): expected one file, found several") from error
    return [Input(file.url, None, file.etag)]
