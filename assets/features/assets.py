"""Steps `image_embeddings_<method>` and `tag_embeddings_<method>`: what networks say of images and hashtags.

They use no section of the profile: all that matters is in the published model.
"""

import time

import pyarrow as pa

from assets.base.keys import METHODS
from assets.base.run import Run
from assets.base.show import markdown_table
from assets.base.step import Reads, Step, step
from assets.features.checks import image_embedding_checks, matrix, tag_embedding_checks

_SHOWN = 12
_NEIGHBOURS = 5


def _image_embeddings(method: str) -> Step:
    asset = f"image_embeddings_{method}"

    @step(
        name=asset,
        stage="features",
        outputs=(asset,),
        by="shard",
        reads=(Reads("images"), Reads("embedding_model", only=method)),
        code_version="1",
        kinds={"pytorch", "parquet"},
        checks=image_embedding_checks(method),
        pool="gpu",
    )
    def image_embeddings(run: Run) -> None:
        """The embedding of every photo with an image, by the middle of the image."""
        from assets.embeddings.model_files import load_embedding_model
        from assets.features.embed import image_embedding_tables

        model = load_embedding_model(run.storage, run.files("embedding_model"))
        started = time.perf_counter()
        photos = 0
        tables = image_embedding_tables(run.storage, run.files("images"), model, run.settings.device)
        for part, table in enumerate(tables):
            run.write(asset, table, part=part)
            photos += table.num_rows
            run.log.info("%s: %d photos embedded", run.partition, photos)
        seconds = time.perf_counter() - started
        run.note(
            asset,
            {
                "photos": photos,
                "width": model.embedding_width,
                "photos per second": photos / seconds,
                "backbone": model.architecture.backbone.name,
            },
        )

    return image_embeddings


def _tag_embeddings(method: str) -> Step:
    asset = f"tag_embeddings_{method}"
    words = (Reads("word_vectors"),) if method == "her" else ()

    @step(
        name=asset,
        stage="features",
        outputs=(asset,),
        reads=(Reads("vocabulary"), Reads("embedding_model", only=method), *words),
        code_version="1",
        kinds={"pytorch", "parquet"},
        checks=tag_embedding_checks(method),
    )
    def tag_embeddings(run: Run) -> None:
        """The embedding of every hashtag: the classifier's row and bias, for HER the word vector."""
        from assets.embeddings.model_files import load_embedding_model
        from assets.features.embed import tag_embedding_table

        model = load_embedding_model(run.storage, run.files("embedding_model"))
        vocabulary = run.table("vocabulary", ["tag_id", "tag"])
        vectors = run.table("word_vectors") if method == "her" else None
        table = tag_embedding_table(model, vocabulary, vectors)
        run.write(asset, table)
        run.note(
            asset,
            {
                "hashtags": table.num_rows,
                "hashtags without an embedding": vocabulary.num_rows - table.num_rows,
                "width": model.embedding_width,
                "nearest hashtags": _neighbours(table, vocabulary),
            },
        )

    return tag_embeddings


def _neighbours(table: pa.Table, vocabulary: pa.Table) -> object:
    """The first hashtags with their nearest others: a person sees at once whether that makes sense."""
    from assets.features.embed import nearest_tags

    tags = dict(zip(vocabulary.column("tag_id").to_pylist(), vocabulary.column("tag").to_pylist(), strict=True))
    names = [tags[tag_id] for tag_id in table.column("tag_id").to_pylist()]
    shown = list(range(min(_SHOWN, len(names))))
    nearest = nearest_tags(matrix(table), shown, _NEIGHBOURS)
    rows = [(names[row], ", ".join(names[int(other)] for other in nearest[row])) for row in shown]
    return markdown_table(("hashtag", "nearest by cosine"), rows)


IMAGE_EMBEDDINGS = {method: _image_embeddings(method) for method in METHODS}
TAG_EMBEDDINGS = {method: _tag_embeddings(method) for method in METHODS}
