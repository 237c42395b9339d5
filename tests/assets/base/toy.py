"""A toy graph: files of two shards, counts by shard, a pinned vocabulary, photos by shard, a pinned model, results."""

from dataclasses import dataclass, field

import pyarrow as pa

from assets.base.checks import CheckResult, check
from assets.base.collection import RegisteredFile, write_collection
from assets.base.keys import shard_key
from assets.base.provenance import Input
from assets.base.run import Run
from assets.base.shards import write_shard
from assets.base.step import NotRun, Reads, Step, StepRegistry
from assets.base.tables import TABLES
from assets.base.workspace import Workspace


@dataclass
class Toy:
    """The graph, and what the world outside it looks like."""

    etags: dict[str, str] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)  # by source file: one hashtag a shard
    vocabulary: list[str] = field(default_factory=lambda: ["a", "b"])
    not_run: str = ""
    unreadable: str = ""  # a source file that breaks off
    weights: str = ""
    check_passes: bool = True
    runs: list[str] = field(default_factory=list)
    steps: StepRegistry = field(default_factory=StepRegistry)

    def __post_init__(self) -> None:
        self._add("source_files", "ingestion", self._ingest, by="source_file", shards=("raw_photos", "rejected_rows"))
        self._add("tag_counts", "ingestion", self._count, by="shard", reads=(Reads("raw_photos"),))
        self._add(
            "vocabulary",
            "vocabulary",
            self._choose,
            outputs=("vocabulary", "skipped_tags"),
            reads=(Reads("tag_counts"),),
            pinned=True,
            profile=("vocabulary",),
            checks=(self._check(),),
        )
        self._add("unused_photos", "splits", self._split, by="shard", reads=(Reads("tag_counts"), Reads("vocabulary")))
        self._add(
            "embedding_model",
            "embeddings",
            self._train,
            by="method",
            reads=(Reads("unused_photos"), Reads("vocabulary", breaking=True)),
            pinned=True,
            profile=("embeddings.{partition}",),
        )
        self._add("tag_embeddings_mcc", "features", self._embed, reads=(Reads("embedding_model", only="mcc"),))
        self._add("tagging_results", "evaluation", self._score, reads=(Reads("tag_embeddings_mcc", optional=True),))

    def _add(self, name, stage, body, *, outputs=(), by=None, reads=(), shards=(), pinned=False, profile=(), checks=()):
        def counted(run: Run) -> None:
            self.runs.append(name if run.partition is None else f"{name}:{run.partition}")
            body(run)

        self.steps.add(
            Step(
                name=name,
                stage=stage,
                outputs=outputs or (name,),
                by=by,
                reads=reads,
                profile=profile,
                code_version="1",
                kinds=frozenset(),
                checks=checks,
                pinned=pinned,
                pool=None,
                shard_outputs=shards,
                outside=(lambda _, key: [Input(f"file:///{key}", None, self.etags[key])]) if shards else None,
                body=counted,
            )
        )

    def _check(self):
        @check(asset="vocabulary", blocking=True)
        def looks_right(run: Run) -> CheckResult:
            """A check."""
            return CheckResult(self.check_passes, f"{run.table('vocabulary').num_rows} tags")

        return looks_right

    def register(self, workspace: Workspace, key: str, *tags: str, etag: str = "1") -> None:
        """A source file with one shard for each hashtag."""
        self.etags[key] = etag
        self.tags[key] = list(tags)
        write_collection(workspace.storage, workspace.collection().with_files([RegisteredFile(key, f"file:///{key}")]))

    def taken_runs(self) -> list[str]:
        """What ran since this was last asked."""
        runs, self.runs = self.runs, []
        return runs

    def _ingest(self, run: Run) -> None:
        if run.partition == self.unreadable:
            raise OSError(f"{run.partition} broke off")
        for index, tag in enumerate(self.tags[run.partition]):
            rejected = pa.Table.from_pylist(
                [{"source_file": run.partition, "line_number": 1, "reason": "toy", "text": tag}],
                TABLES["rejected_rows"].schema(),
            )
            tables = {"raw_photos": TABLES["raw_photos"].empty(), "rejected_rows": rejected}
            write_shard(run, shard_key(run.partition, index), tables, {})
        run.facts["shards"] = len(self.tags[run.partition])
        run.write("source_files", TABLES["source_files"].empty())

    def _count(self, run: Run) -> None:
        source, _, index = run.partition.rpartition("-")
        run.write("tag_counts", pa.table({"tag": [self.tags[source][int(index)]], "photos": [1]}))

    def _choose(self, run: Run) -> None:
        schema = TABLES["vocabulary"].schema()
        rows = [
            {"tag_id": i, "tag": tag, "photos": 1, "users": 1, "is_place": False}
            for i, tag in enumerate(self.vocabulary)
        ]
        run.write("vocabulary", pa.Table.from_pylist(rows, schema))
        run.write("skipped_tags", TABLES["skipped_tags"].empty())

    def _split(self, run: Run) -> None:
        run.write("unused_photos", TABLES["unused_photos"].empty())

    def _train(self, run: Run) -> None:
        if self.not_run and run.partition == "mcc":
            raise NotRun(self.not_run)
        with run.create("embedding_model", "weights.bin") as sink:
            sink.write(",".join([*self.vocabulary, self.weights]).encode())

    def _embed(self, run: Run) -> None:
        run.write("tag_embeddings_mcc", pa.table({"tag_id": [0], "embedding": [[1.0]], "bias": [0.0]}))

    def _score(self, run: Run) -> None:
        run.write("tagging_results", TABLES["tagging_results"].empty())
