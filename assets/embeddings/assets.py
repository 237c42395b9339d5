"""Steps `word_vectors` and `embedding_model`: what HER regresses to, and the three trained networks."""

from assets.base.provenance import Input
from assets.base.run import Run
from assets.base.sentences import shorten
from assets.base.show import picture
from assets.base.step import NotRun, Reads, step
from assets.base.workspace import Workspace
from assets.embeddings.checks import (
    loss_went_down,
    most_hashtags_have_a_vector,
    vectors_match_vocabulary,
    weights_finite_and_complete,
)
from assets.embeddings.given_weights import backbone_weights, weights_input
from assets.vocabulary.words import word_vectors_input, word_vectors_url


@step(
    stage="embeddings",
    outputs=("word_vectors",),
    reads=(Reads("vocabulary"),),
    code_version="1",
    kinds={"parquet"},
    checks=(vectors_match_vocabulary, most_hashtags_have_a_vector),
    outside=word_vectors_input,
)
def word_vectors(run: Run) -> None:
    """The word vectors that HER regresses to, of the vocabulary's hashtags that have one."""
    from assets.embeddings.word_vectors import read_word_vectors

    url = word_vectors_url(run.workspace)
    if not url:
        raise NotRun("no file of word vectors is set (LOCSENS_WORD_VECTORS)")
    vocabulary = run.table("vocabulary", ["tag_id", "tag"])
    table = read_word_vectors(url, vocabulary)
    run.write("word_vectors", table)
    named = set(table.column("tag").to_pylist())
    without = [tag for tag in vocabulary.column("tag").to_pylist() if tag not in named]
    run.note(
        "word_vectors",
        {
            "width": table.schema.field("vector").type.list_size,
            "hashtags with a vector": table.num_rows,
            "hashtags without": len(without),
            "without, most frequent first": shorten(without, 10),
        },
    )


def _starts_from(workspace: Workspace, partition: str | None) -> list[Input]:
    assert partition is not None
    return weights_input(workspace, "embedding_model", partition, backbone_weights(workspace.profile, partition))


@step(
    stage="embeddings",
    outputs=("embedding_model",),
    by="method",
    reads=(
        Reads("photos"),
        Reads("images"),
        Reads("vocabulary", breaking=True),
        Reads("word_vectors", when={"her"}, breaking=True),
    ),
    profile=("embeddings.{partition}",),
    code_version="4",
    kinds={"pytorch", "pytorchlightning"},
    checks=(weights_finite_and_complete, loss_went_down),
    outside=_starts_from,
    pinned=True,
    pool="gpu",
)
def embedding_model(run: Run) -> None:
    """An image network that learns the hashtags of training photos: MCC, MLC or HER."""
    from assets.base.events import publish_events
    from assets.base.launch import trained
    from assets.embeddings.figures import training_curve
    from assets.embeddings.model_files import ModelCard, embedding_model_files
    from assets.embeddings.train import train

    assert run.partition is not None
    config = run.profile.embeddings.of(run.partition)
    tags = run.table("vocabulary", ["tag"]).column("tag").to_pylist()
    learnt = trained(run, train)
    curve = learnt.curve.table()
    card = ModelCard(
        architecture=learnt.model.architecture,
        training=config,
        training_photos=learnt.training_photos,
        validation_photos=learnt.validation_photos,
    )
    for name, content in embedding_model_files(learnt.model, card, curve).items():
        with run.create("embedding_model", name) as sink:
            sink.write(content)
    publish_events(run, "embedding_model")
    unlearnt = [tags[tag_id] for tag_id in learnt.unlearnt_tags]
    if unlearnt:
        run.log.warning(
            "%s: %s of %s hashtags are on no training photo with an image and are not learnt: %s",
            run.partition.upper(),
            f"{len(unlearnt):,}",
            f"{len(tags):,}",
            shorten(unlearnt, 10),
        )
    kept = {name: value for name, value in learnt.curve.kept().items() if name != "step"}
    counts = {
        "training photos": learnt.training_photos,
        "validation photos": learnt.validation_photos,
        "training photos without an image": learnt.photos_without_image,
        "training photos without a word vector": learnt.photos_left_out,
        "hashtags without a training photo": len(unlearnt),
        "steps": int(learnt.curve.last()["step"]),
        "weights after step": learnt.curve.kept_step,
        "weights": sum(weight.numel() for weight in learnt.model.parameters()),
    }
    run.facts.update(counts | kept)
    figure = training_curve(curve, f"{config.method.upper()}, {config.optimisation.steps:,} steps")
    run.note(
        "embedding_model",
        counts
        | {name.replace("_", " "): value for name, value in kept.items()}
        | {
            "seconds per step": learnt.curve.seconds_per_step,
            "backbone": config.backbone.name,
            "curve": picture(figure, "Training loss and validation accuracy over steps"),
        },
    )
