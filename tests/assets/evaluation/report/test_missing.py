from assets.base.provenance import Record
from assets.evaluation.report.missing import missing_sentences


def record(asset: str, partition: str | None, reason: str = "") -> Record:
    return Record(asset, partition, (), (), "1", "", 0, "", "", "not_run" if reason else "done", reason, "version")


def test_a_cause_outside_what_is_read_is_still_named() -> None:
    # As HER without word vectors: the report does not read `word_vectors`, where the chain begins.
    first = "word_vectors was not run: no file of word vectors is set (LOCSENS_WORD_VECTORS)"
    found = missing_sentences(
        {"embedding_model": ["mcc", "her"], "tag_embeddings_her": [None]},
        [
            record("embedding_model", "mcc"),
            record("embedding_model", "her", first),
            record("tag_embeddings_her", None, f"embedding_model was not run: {first}"),
        ],
    )
    assert found == (
        "Not run, no file of word vectors is set (LOCSENS_WORD_VECTORS): embedding_model (her); tag_embeddings_her.",
    )


def test_partitions_that_are_not_there_are_named_beside_those_that_are() -> None:
    found = missing_sentences(
        {"embedding_model": ["mcc", "mlc", "her"], "retrieval_results": [None]},
        [record("embedding_model", "her")],
    )
    assert found == ("Not materialised: embedding_model (mcc, mlc).", "Not materialised: retrieval_results.")


def test_many_partitions_are_counted() -> None:
    shards = [f"a-{index:05d}" for index in range(40)]
    assert missing_sentences({"images": shards}, []) == ("Not materialised: images (40 partitions).",)


def test_nothing_missing_nothing_said() -> None:
    assert missing_sentences({"photos": ["a-00000"]}, [record("photos", "a-00000")]) == ()
