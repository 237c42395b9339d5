import gzip

import fsspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.base import word_vector_file
from assets.base.word_vector_file import MAX_LINE, WordVectorError, read_words, word_key, word_vector_lines

WORD2VEC = b"3 2\nParis 0.5 -1e-3 \nthe 1 2 \ntr\xc3\xa8s 3 4 \n"
GLOVE = b"Paris 0.5 -1e-3\nthe 1 2\ntr\xc3\xa8s 3 4\n"


@pytest.fixture
def written(tmp_path):
    def write(content: bytes, name: str = "vectors.txt") -> str:
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return write


@pytest.mark.parametrize("content", [WORD2VEC, GLOVE, WORD2VEC.replace(b"\n", b"\r\n"), GLOVE + b"\n", GLOVE[:-1]])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_both_forms_plain_and_gzip(written, content, pack):
    lines = list(word_vector_lines(written(pack(content))))
    assert [line.word for line in lines] == ["Paris", "the", "très"]
    np.testing.assert_array_equal(lines[0].vector(), np.array([0.5, -0.001], np.float32))
    np.testing.assert_array_equal(lines[2].vector(), np.array([3, 4], np.float32))


def test_words_are_lower_cased_and_composed(written):
    decomposed = "TRE\u0300S 1 2\n".encode()
    assert set(read_words(written(b"London 1 2\n" + decomposed))) == {"london", "très"}
    assert word_key("LONDON") == "london"


def test_many_words_each_once(written, monkeypatch):
    monkeypatch.setattr(word_vector_file, "_WORDS_AT_ONCE", 7)
    words = [f"word{number % 50}" for number in range(60)]
    found = read_words(written("".join(f"{word.title()} 1 2\n" for word in words).encode()))
    assert found.dtype == pl.String
    assert sorted(found) == sorted(set(words))


def test_any_fsspec_url():
    with fsspec.open("memory://word_vectors/glove.txt", "wb") as file:
        file.write(GLOVE)
    assert set(read_words("memory://word_vectors/glove.txt")) == {"paris", "the", "très"}


def test_a_word_with_blanks_takes_what_is_before_the_last_numbers(written):
    lines = list(word_vector_lines(written(b"the 1 2\n. . . 3 4\nat name@domain.com 5 6\n")))
    assert [line.word for line in lines] == ["the", ". . .", "at name@domain.com"]
    np.testing.assert_array_equal(lines[1].vector(), np.array([3, 4], np.float32))


def test_broken_bytes_in_a_word_stop_nothing(written):
    assert set(read_words(written(b"the 1 2\n\xff\xfe 3 4\nart 5 6\n"))) == {"the", "\ufffd\ufffd", "art"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"line 1, found nothing"),
        (b"word\n", r"line 1: .* found no number"),
        (b"2 2\nthe 1 2\nart 3\n", r"line 3: expected a word and 2 numbers, found 2 fields"),
        (b"5 2\nthe 1 2\nart 3 4\n", r"expected 5 words as its header says, found 2; is the file cut off"),
        (b"2 2\nthe\0\1\2\3\n", r"line 2: expected a word and its numbers as text, found binary data"),
        (b"a" * (MAX_LINE + 5), r"line 1: .* binary data"),
        (gzip.compress(GLOVE)[:-12], r"gzip file is cut off or damaged"),
    ],
)
def test_bad_files_get_a_sentence(written, content, sentence):
    with pytest.raises(WordVectorError, match=sentence):
        read_words(written(content))


@pytest.mark.parametrize(
    ("field", "sentence"), [(b"x", "line 2: .* a field that is none"), (b"nan", "line 2: .* finite")]
)
def test_bad_numbers_are_named_when_the_vector_is_read(written, field, sentence):
    lines = list(word_vector_lines(written(b"the 1 2\nart 3 " + field + b"\n")))
    with pytest.raises(WordVectorError, match=sentence):
        lines[1].vector()


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(WordVectorError, match="cannot be read"):
        read_words(str(tmp_path / "nowhere.txt"))
    with pytest.raises(WordVectorError, match="cannot be read"):
        read_words(str(tmp_path))


words = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=8)
numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(words, st.tuples(numbers, numbers, numbers)), min_size=1, max_size=8), st.booleans())
def test_what_is_written_is_read(rows, header):
    text = "".join(f"{word} {' '.join(map(repr, vector))}\n" for word, vector in rows)
    with fsspec.open("memory://word_vectors/any.txt", "wb") as file:
        file.write((f"{len(rows)} 3\n" * header + text).encode())
    lines = list(word_vector_lines("memory://word_vectors/any.txt"))
    assert [line.word for line in lines] == [word for word, _ in rows]
    for line, (_, vector) in zip(lines, rows, strict=True):
        np.testing.assert_array_equal(line.vector(), np.array(vector, np.float32))
