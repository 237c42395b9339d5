from assets.base.sentences import shorten


def test_long_lists_are_cut_short():
    assert shorten(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert shorten(["a", "b"], 2) == "a, b"
    assert shorten([]) == "none"
