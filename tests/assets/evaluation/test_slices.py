import numpy as np

from assets.evaluation.slices import query_slices
from tests.assets.evaluation.results_sample import PHOTOS, QUERIES


def test_slices():
    slices = query_slices(QUERIES, PHOTOS, np.array([1]))
    assert {name: members.tolist() for name, members in slices.items()} == {
        "all": [True] * 6,
        "continent:AS": [False, False, True, False, False, False],
        "continent:EU": [True, True, False, False, False, False],
        "frequency:1": [False, False, False, True, False, False],
        "frequency:2": [True, True, False, False, True, False],
        "frequency:3": [False, False, True, False, False, True],
        "no_places": [False, False, True, True, False, True],
    }
