"""The hashtag that is asked for: its normal form, and what is near an unknown one."""

import polars as pl
import pytest

from assets.search.errors import SearchError
from assets.search.hashtags import find_tag

VOCABULARY = pl.DataFrame({"tag_id": [0, 1, 2, 3], "tag": ["temple", "bridge", "são", "temples"]})
SKIPPED = pl.DataFrame({"tag": ["nikon"]})


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("temple", (0, "temple")),
        (" #Temple ", (0, "temple")),
        ("TEM PLE", (0, "temple")),
        ("sa\u0303o", (2, "são")),
        ("#bridge", (1, "bridge")),
    ],
)
def test_the_normal_form_is_looked_up(asked: str, found: tuple[int, str]) -> None:
    assert find_tag(asked, VOCABULARY, SKIPPED) == found


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("templ", "hashtag 'templ': not one of the 4 that models know; nearest in spelling: temple, temples"),
        ("nikon", "hashtag 'nikon': too frequent to be learnt; nearest in spelling: "),
        ("##", "hashtag '#': not one of the 4 that models know; nearest in spelling: "),
        ("#", "hashtag '#': expected a word, nothing of it is left"),
        (" \u200b", "expected a word, nothing of it is left"),
    ],
)
def test_an_unknown_one_gets_the_nearest(asked: str, sentence: str) -> None:
    with pytest.raises(SearchError) as refused:
        find_tag(asked, VOCABULARY, SKIPPED)
    assert sentence in str(refused.value)


def test_one_that_is_like_none_gets_names_all_the_same() -> None:
    with pytest.raises(SearchError, match=r"nearest in spelling: .*bridge"):
        find_tag("zzzz", VOCABULARY, SKIPPED)


def test_an_empty_vocabulary() -> None:
    with pytest.raises(SearchError, match="hashtag 'sky': the vocabulary is empty"):
        find_tag("sky", VOCABULARY.clear(), SKIPPED)
