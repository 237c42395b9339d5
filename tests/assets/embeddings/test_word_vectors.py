import pyarrow as pa
import pytest

from assets.base.tables.embeddings import WORD_VECTORS
from assets.base.tables.photos import VOCABULARY
from assets.base.word_vector_file import WordVectorError
from assets.embeddings.word_vectors import read_word_vectors


def vocabulary(*tags: str) -> pa.Table:
    count = len(tags)
    return pa.table(
        {
            "tag_id": range(count),
            "tag": list(tags),
            "photos": [10] * count,
            "users": [3] * count,
            "is_place": [False] * count,
        },
        schema=VOCABULARY.schema(),
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("London 9 9\nart 1 2\nThe x y\nlondon 3 4\nParis 5 6\nPARIS 7 8\nart 0 0\n", encoding="utf-8")
    return str(path)


def test_restricted_to_the_vocabulary_in_its_order(file):
    table = read_word_vectors(file, vocabulary("paris", "nowhere", "london", "art"))
    assert table.schema.equals(WORD_VECTORS.schema(2))
    assert table.column("tag_id").to_pylist() == [0, 2, 3]
    assert table.column("tag").to_pylist() == ["paris", "london", "art"]
    # "london" as written wins over "London"; of "Paris" and "PARIS" the first; a word given twice once.
    assert table.column("vector").to_pylist() == [[5, 6], [3, 4], [1, 2]]
    assert WORD_VECTORS.conform(table).num_rows == 3


def test_bad_numbers_stop_only_where_the_word_is_wanted(file):
    with pytest.raises(WordVectorError, match="line 3: expected 2 numbers"):
        read_word_vectors(file, vocabulary("the"))


def test_no_hashtag_with_a_vector_stops(file):
    with pytest.raises(WordVectorError, match="found none of its 2 hashtags"):
        read_word_vectors(file, vocabulary("xyz", "uvw"))


def test_same_file_same_table(file):
    first = read_word_vectors(file, vocabulary("paris", "art"))
    assert first.equals(read_word_vectors(file, vocabulary("paris", "art")))


def test_a_file_with_a_header_and_no_word(tmp_path):
    (tmp_path / "none.txt").write_text("0 300\n")
    with pytest.raises(WordVectorError, match="found none of its 1 hashtags"):
        read_word_vectors(str(tmp_path / "none.txt"), vocabulary("art"))
