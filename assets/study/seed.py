"""One seed of the study, from photos to figures: each model trained, ranked with and judged, one after the other.

Every training is a piece of work that is kept when it is done, so that a killed study goes on after the last one.
"""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from torch import Tensor

from assets.base.keys import LOCSENS_TAGGING_VARIANTS, PLACELESS, TAGGING_MODELS
from assets.base.run import Run
from assets.evaluation.local_tags import LocalTags
from assets.evaluation.retrieval import LocSensRetrieval
from assets.evaluation.scorers import counting_scorer, load_retrieval_scorer, load_tagging_scorer, method_of
from assets.evaluation.tagging import LocSensTagging
from assets.evaluation.vectors import image_vectors, tag_vectors
from assets.locsens.learn import Learnt, learn
from assets.locsens.photo_sets import PhotoSet, join_embeddings, tag_matrix
from assets.study.embed import Embeddings, embed, work_key
from assets.study.folder import SeedFolder
from assets.study.judge import JUDGED, Judged, joined, judge_retrieval, judge_tagging
from assets.study.moved import moved_photos, moved_queries
from assets.study.plan import EMBEDDINGS, WEIGHTS, Training, trainings
from assets.study.runs import read_rows, run_row, write_row
from assets.study.setting import Setting, read_photos, setting
from models.devices import choose_device
from models.locsens import LocSens, load_locsens
from models.training import SNAPSHOTS
from models.weights import dump_config

MOVED = ("locsens_raw",)
"""Models that are asked again at other places."""


class NothingToAskError(ValueError):
    """There are no queries, or no photos to tag."""


def run_seed(run: Run, seed: int) -> dict[str, pa.Table]:
    """Everything that one seed gives.

    Args:
        run: Reads the collection, holds the scratch, told how it goes.
        seed: Seed of all trainings.

    Returns:
        The tables of the step by asset, without their folder `seed`.
    """
    folder = SeedFolder(run.scratch / "study")
    photos = read_photos(run)
    vocabulary = run.frame("vocabulary", ["tag_id", "is_place"])
    done: list[Path] = []
    judged: list[Judged] = []
    for split in EMBEDDINGS:
        where = setting(photos, vocabulary, split, run.profile)
        if where.queries.is_empty() or not len(where.tagged):
            raise NothingToAskError(
                f"split by {split}: no hashtag is on {where.config.min_test_images} or more of "
                f"{len(where.photos)} test photos with an image"
            )
        judged.append(_untrained(run, where, vocabulary))
        for made, found in _trained(run, where, seed, folder, len(done)):
            done += made
            judged.append(found)
    rows, seconds = read_rows(done)
    run.facts["seconds of training"] = seconds
    return {"study_runs": rows, **joined(judged)}


def _trained(
    run: Run, where: Setting, seed: int, folder: SeedFolder, before: int
) -> Iterator[tuple[list[Path], Judged]]:
    """All trainings on a split, one after the other: the folder of each one's work, and what came of it."""
    plan = trainings(run.profile, seed)
    total = len(plan) + sum(map(len, EMBEDDINGS.values()))
    own = [training for training in plan if training.split == where.split]
    methods = EMBEDDINGS[where.split]
    names = [*(work_key(method, where.split) for method in methods), *(training.key for training in own)]
    told = (f"seed {seed}, training {number} of {total}: {name}" for number, name in enumerate(names, before + 1))
    embeddings = Embeddings(folder.storage, folder, where.split)
    for method in methods:
        run.log.info(next(told))
        if made := embed(run, seed, where, method, folder):
            yield [made], _dots(run, where, method, embeddings)
    lesson = functools.cache(functools.partial(_lesson, where, embeddings))
    for training in own:
        run.log.info(next(told))
        made = folder.once(training.key, _maker(run, where, training, folder, lesson))
        yield [made], _read(made)


def _untrained(run: Run, where: Setting, vocabulary: pl.DataFrame) -> Judged:
    """What needs no training: the oracle, and the baselines that count hashtags."""
    bound = load_retrieval_scorer("upper_bound", run, where.photos, where.config, choose_device(run.settings.device))
    judged = [judge_retrieval("upper_bound", bound, where, placeless=True)]
    tag_ids = vocabulary.get_column("tag_id").sort().to_numpy().astype(np.int32)
    for key in (key for key in TAGGING_MODELS if method_of(key) is None):
        scorer = counting_scorer(key, tag_ids, where.counted)
        judged.append(judge_tagging(key, scorer, where))
    return joined(judged)


def _dots(run: Run, where: Setting, method: str, embeddings: Embeddings) -> Judged:
    """An embedding model by itself, in retrieval and in tagging."""
    device = choose_device(run.settings.device)
    scorer = load_retrieval_scorer(method, embeddings, where.photos, where.config, device)
    judged = [judge_retrieval(method, scorer, where, placeless=True)]
    for key in TAGGING_MODELS:
        if key not in LOCSENS_TAGGING_VARIANTS and method_of(key) == method:
            tagger = load_tagging_scorer(key, embeddings, where.tagged.photo_ids, where.config, device)
            judged.append(judge_tagging(key, tagger, where))
    return joined(judged)


@dataclass(frozen=True)
class Lesson:
    """What the LocSens trainings of a split learn from: hashtag embeddings [V, D] and photos joined with theirs."""

    tags: Tensor
    train: PhotoSet
    validation: PhotoSet


def _lesson(where: Setting, embeddings: Embeddings) -> Lesson:
    storage = embeddings.storage
    tags = pa.concat_tables([storage.read_table(path) for path in embeddings.files("tag_embeddings_mcc")])
    vocabulary = tags.num_rows
    train, validation = join_embeddings(
        [where.train, where.validation],
        (storage.read_table(path, ["photo_id", "embedding"]) for path in embeddings.files("image_embeddings_mcc")),
        vocabulary,
    )
    return Lesson(tag_matrix(tags.select(["tag_id", "embedding"]), vocabulary), train, validation)


def _maker(
    run: Run, where: Setting, training: Training, folder: SeedFolder, lesson: Callable[[], Lesson]
) -> Callable[[Path], None]:
    """What trains, ranks with and judges one LocSens variant, and keeps what came of it."""

    def make(made: Path) -> None:
        embeddings, learns = Embeddings(folder.storage, folder, training.split), lesson()
        learnt = learn(
            training.config,
            learns.tags,
            learns.train,
            learns.validation,
            folder.checkpoints(training.key),
            run.log,
            run.settings.device,
        )
        judged = joined(_judged(run, where, training, embeddings, learnt))
        for asset, table in judged.items():
            pq.write_table(table, made / f"{asset}.parquet", compression="zstd")
        config = learnt.task.config
        weights = sum(weight.numel() for weight in learnt.task.module.parameters())
        split, curve = training.split, learnt.curve
        photos = len(learns.train)
        write_row(made, run_row(training.key, split, config, config.optimisation, weights, photos, curve))

    return make


def _read(made: Path) -> Judged:
    """What `_maker` kept."""
    return {asset: pq.read_table(made / f"{asset}.parquet") for asset in JUDGED}


def _judged(run: Run, where: Setting, training: Training, embeddings: Embeddings, learnt: Learnt) -> Iterator[Judged]:
    device = choose_device(run.settings.device)
    config, most = where.config, run.profile.study.moved_queries
    tags = tag_vectors(embeddings, "mcc", device)
    uses_place = training.config.location != "zeroed"
    ranked = where.photos if training.config.task == "retrieval" else where.tagged
    images = image_vectors(embeddings, "mcc", ranked.photo_ids, device)
    for name, model in training.models.items():
        network = _network(learnt, name).to(device)
        if training.config.task == "retrieval":
            retrieval = LocSensRetrieval(network, images, tags, config, uses_place=uses_place)
            yield judge_retrieval(model, retrieval, where, placeless=model in PLACELESS)
            if model in MOVED and where.split == "photo":
                yield {"study_scores": moved_queries(model, retrieval, where, most)}
        else:
            tagging = LocSensTagging(network, images, tags, config, uses_place=uses_place)
            yield judge_tagging(model, tagging, where)
            if model in MOVED and where.split == "photo":
                local = _local_tags(run, where, len(tags.tag_ids))
                yield {"study_scores": moved_photos(model, tagging, where, local, most)}


def _network(learnt: Learnt, name: str) -> LocSens:
    """The network of the last step, or of the end of a stage."""
    if name == WEIGHTS:
        return learnt.task.module
    stored = (learnt.scratch / SNAPSHOTS / f"{name}.safetensors").read_bytes()
    return load_locsens(dump_config(learnt.task.config), stored, name)


def _local_tags(run: Run, where: Setting, vocabulary: int) -> LocalTags:
    report = run.profile.report
    return LocalTags(pl.DataFrame(pl.from_arrow(where.train)), vocabulary, report.local_km, report.local_lift)
