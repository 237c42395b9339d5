import numpy as np
import polars as pl
import pytest
import torch

from assets.base.keys import LOCSENS_VARIANTS, RETRIEVAL_MODELS, TAGGING_MODELS
from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.evaluation.candidates import read_test_photos
from assets.evaluation.nearby import read_training_photos
from assets.evaluation.rankings import rank_hashtags
from assets.evaluation.scorers import load_retrieval_scorer, load_tagging_scorer
from models.geography import distance_km
from models.locsens import load_locsens
from tests.assets.evaluation.conftest import PLACE_TAGS

CPU = torch.device("cpu")
CONFIG = EvaluationConfig(pair_block=64, query_block=2, candidate_block=17)
PLACE = np.array([[48.85, 2.35], [40.7, -74.0]])


@pytest.fixture
def photos(evaluated):
    return read_test_photos(evaluated)


def embeddings(evaluated, method, photos=None):
    """Vectors in the order of photos, or of hashtags."""
    if photos is None:
        table = pl.from_arrow(evaluated.read(f"tag_embeddings_{method}")).sort("tag_id")
        return table["tag_id"].to_list(), np.stack(table["embedding"].to_list()), table["bias"].to_list()
    table = pl.from_arrow(evaluated.read(f"image_embeddings_{method}"))
    by_id = dict(zip(table["photo_id"], table["embedding"].to_list(), strict=True))
    return np.stack([by_id[photo_id] for photo_id in photos.photo_ids.tolist()]).astype(np.float64)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def assert_ranks(scores, positions, expected, k):
    """`expected`: scores of all candidates [queries, candidates]."""
    for row, (values, found) in enumerate(zip(scores, positions, strict=True)):
        best = sorted(range(expected.shape[1]), key=lambda one: (-expected[row, one], one))[:k]
        np.testing.assert_allclose(values, expected[row, best], atol=1e-4)
        np.testing.assert_allclose(expected[row, found], expected[row, best], atol=1e-4)
        assert len(set(found.tolist())) == k


@pytest.mark.parametrize("method", ["mcc", "her"])
def test_retrieval_by_cosine_without_bias(evaluated, photos, method):
    images, (tag_ids, tags, _) = embeddings(evaluated, method, photos), embeddings(evaluated, method)
    scorer = load_retrieval_scorer(method, evaluated, photos, CONFIG, CPU)
    asked = np.array([tag_ids[5], tag_ids[1], tag_ids[5]])
    scores, positions = scorer.rank(asked, None, 10)
    assert_ranks(scores, positions, unit(tags[[5, 1, 5]]) @ unit(images).T, 10)
    assert not scorer.uses_place


def test_retrieval_by_class_score(evaluated, photos):
    images, (_, tags, bias) = embeddings(evaluated, "mlc", photos), embeddings(evaluated, "mlc")
    scorer = load_retrieval_scorer("mlc", evaluated, photos, CONFIG, CPU)
    scores, positions = scorer.rank(np.array([2, 7]), PLACE, 10)
    assert_ranks(scores, positions, tags[[2, 7]] @ images.T + np.array(bias)[[2, 7], None], 10)


@pytest.mark.parametrize("key", LOCSENS_VARIANTS)
def test_retrieval_by_locsens(evaluated, photos, key):
    variant, weights = LOCSENS_VARIANTS[key]
    folder = f"models/locsens_model/{variant}"
    network = load_locsens(
        evaluated.storage.read_bytes(f"{folder}/config.json"),
        evaluated.storage.read_bytes(f"{folder}/{weights}"),
    )
    images = torch.tensor(embeddings(evaluated, "mcc", photos)).float()
    tags = torch.tensor(embeddings(evaluated, "mcc")[1]).float()[[4, 0]]
    alpha = 0.0 if key == "locsens_zeroed" else 1.0
    many = len(photos)
    with torch.inference_mode():
        expected = torch.stack(
            [
                network(images, tag.expand(many, -1), torch.tensor(place).expand(many, -1), alpha)
                for tag, place in zip(tags, PLACE, strict=True)
            ]
        ).numpy()
    scorer = load_retrieval_scorer(key, evaluated, photos, CONFIG, CPU)
    scores, positions = scorer.rank(np.array([4, 0]), PLACE, 10)
    assert_ranks(scores, positions, expected, 10)
    assert scorer.uses_place == (key != "locsens_zeroed")


def test_the_five_sigmas_are_five_networks(evaluated, photos):
    tops = [
        load_retrieval_scorer(key, evaluated, photos, CONFIG, CPU).rank(np.array([0, 1]), PLACE, 10)[1].tolist()
        for key in LOCSENS_VARIANTS
    ]
    assert len({str(top) for top in tops}) == len(tops) == 8


def test_upper_bound_is_the_nearest_with_the_tag(evaluated, photos):
    scorer = load_retrieval_scorer("upper_bound", evaluated, photos, CONFIG, CPU)
    scores, positions = scorer.rank(np.array([0, 11]), PLACE, 15)
    for row, tag in enumerate((0, 11)):
        carriers = [i for i in range(len(photos)) if photos.carry(i, tag)]
        away = distance_km(*PLACE[row].tolist(), photos.places[carriers, 0], photos.places[carriers, 1])
        expected = [carriers[i] for i in np.argsort(away, kind="stable")][:15]
        found = [i for i in positions[row].tolist() if i >= 0]
        assert found == expected
        np.testing.assert_allclose(scores[row][: len(found)], -np.sort(away)[:15], rtol=1e-6)
    assert (positions[1] == -1).sum() > 0, "the rarest hashtag has fewer than 15 photos"


def test_upper_bound_without_a_place_is_any_with_the_tag(evaluated, photos):
    scorer = load_retrieval_scorer("upper_bound", evaluated, photos, CONFIG, CPU)
    _, positions = scorer.rank(np.array([0]), None, 10)
    assert photos.carry(positions[0], 0).all()
    assert positions.shape == (1, 10)


def test_candidates_places_never_reach_a_model(evaluated, photos):
    """Moving every candidate changes the oracle and nothing else."""
    from dataclasses import replace

    moved = replace(photos, places=photos.places[::-1].copy())
    for key in RETRIEVAL_MODELS:
        rankings = [
            load_retrieval_scorer(key, evaluated, some, CONFIG, CPU).rank(np.array([0, 1]), PLACE, 10)
            for some in (photos, moved)
        ]
        same = (rankings[0].positions == rankings[1].positions).all()
        assert same == (key != "upper_bound")


@pytest.mark.parametrize("key", ["mcc", "mcc_cosine", "mlc", "her"])
def test_tagging_by_dot_product(evaluated, photos, key):
    method = key.removesuffix("_cosine")
    images, (tag_ids, tags, bias) = embeddings(evaluated, method, photos), embeddings(evaluated, method)
    class_scores, cosines = images @ tags.T + np.array(bias, float), unit(images) @ unit(tags).T
    expected = class_scores if key in ("mcc", "mlc") else cosines
    scorer = load_tagging_scorer(key, evaluated, photos.photo_ids, CONFIG, CPU)
    scores, found = scorer.rank(np.array([3, 0]), PLACE, 5)
    assert found.dtype == np.int32
    assert_ranks(scores, np.searchsorted(tag_ids, found), expected[[3, 0]], 5)


@pytest.mark.parametrize("key", ["locsens_zeroed", "locsens_raw"])
def test_tagging_by_locsens(evaluated, photos, key):
    folder = f"models/locsens_model/tagging_{key.removeprefix('locsens_')}"
    network = load_locsens(
        evaluated.storage.read_bytes(f"{folder}/config.json"),
        evaluated.storage.read_bytes(f"{folder}/weights.safetensors"),
    )
    images = torch.tensor(embeddings(evaluated, "mcc", photos)).float()[[3, 0]]
    tags = torch.tensor(embeddings(evaluated, "mcc")[1]).float()
    alpha = 0.0 if key == "locsens_zeroed" else 1.0
    with torch.inference_mode():
        expected = torch.stack(
            [
                network(image.expand(12, -1), tags, torch.tensor(place).expand(12, -1), alpha)
                for image, place in zip(images, PLACE, strict=True)
            ]
        ).numpy()
    scorer = load_tagging_scorer(key, evaluated, photos.photo_ids, CONFIG, CPU)
    scores, found = scorer.rank(np.array([3, 0]), PLACE, 12)
    assert_ranks(scores, found, expected, 12)


def test_tagging_by_frequency(evaluated, photos):
    scorer = load_tagging_scorer("frequency", evaluated, photos.photo_ids, CONFIG, CPU)
    scores, found = scorer.rank(np.array([3, 0]), None, 4)
    training = read_training_photos(evaluated)
    counts = np.bincount(training.tag_ids, minlength=12)
    best = sorted(range(12), key=lambda tag: (-counts[tag], tag))[:4]
    assert found.tolist() == [best] * 2
    assert scores.tolist() == [counts[best].tolist()] * 2


@pytest.mark.parametrize("key", TAGGING_MODELS)
def test_sets_ranked_apart_are_the_whole_ranking_with_the_others_masked(evaluated, photos, key):
    """By brute force: the vocabulary ranked to its end, and what is masked taken out."""
    scorer = load_tagging_scorer(key, evaluated, photos.photo_ids, CONFIG, CPU)
    index, places = np.arange(20), photos.places[:20]
    whole = scorer.rank(index, places, 12)
    sets = (np.array(PLACE_TAGS), np.setdiff1d(np.arange(12), PLACE_TAGS))
    for some, ranking in zip(sets, scorer.rank_apart(index, places, 5, sets), strict=True):
        for row, own in enumerate(index):
            kept = [at for at, tag in enumerate(whole.tag_ids[own]) if tag in some][:5]
            assert ranking.tag_ids[row].tolist() == whole.tag_ids[own][kept].tolist()
            np.testing.assert_allclose(ranking.scores[row], whole.scores[own][kept], atol=1e-5)
    frames = rank_hashtags(scorer, photos, 5, *sets, part=33)
    ranked, masked = (pl.concat(some) for some in zip(*frames, strict=True))
    everyone = scorer.rank(np.arange(len(photos)), photos.places, 5)
    assert ranked["tag_id"].to_list() == everyone.tag_ids.ravel().tolist()
    assert masked["photo_id"].unique().to_list() == photos.only(sets[1]).photo_ids.tolist()
    assert not set(masked["tag_id"]) & set(PLACE_TAGS)
    by_hand = ranked.filter(~pl.col("tag_id").is_in(PLACE_TAGS)).join(masked, on=["photo_id", "tag_id"], how="inner")
    assert by_hand["is_correct"].to_list() == by_hand["is_correct_right"].to_list()


def test_a_vocabulary_of_places_alone(evaluated, photos):
    for key in TAGGING_MODELS:
        scorer = load_tagging_scorer(key, evaluated, photos.photo_ids, CONFIG, CPU)
        ((ranked, masked),) = rank_hashtags(scorer, photos, 5, np.arange(12), np.zeros(0, np.int64))
        assert (ranked["photo_id"].n_unique(), masked.height) == (len(photos), 0)


def test_every_key_loads(evaluated, photos):
    for key in RETRIEVAL_MODELS:
        assert load_retrieval_scorer(key, evaluated, photos, CONFIG, CPU).rank(np.array([1]), PLACE[:1], 3)
    for key in TAGGING_MODELS:
        assert load_tagging_scorer(key, evaluated, photos.photo_ids, CONFIG, CPU).rank(np.array([1]), PLACE[:1], 3)


def test_what_cannot_be_asked_says_why(evaluated, photos):
    raw = load_retrieval_scorer("locsens_raw", evaluated, photos, CONFIG, CPU)
    with pytest.raises(ValueError, match="2 queries without a place: this model ranks by place"):
        raw.rank(np.array([0, 1]), None, 5)
    with pytest.raises(ValueError, match=r"places: expected shape \(1, 2\), found \(2, 2\)"):
        raw.rank(np.array([0]), PLACE, 5)
    with pytest.raises(ValueError, match="expected every latitude within"):
        raw.rank(np.array([0]), np.array([[91.0, 0.0]]), 5)
    her = load_retrieval_scorer("her", evaluated, photos, CONFIG, CPU)
    assert her.knows(np.array([2, 3, 4, 99])).tolist() == [True, False, True, False]
    with pytest.raises(ValueError, match="hashtag id 3: expected one of the 11 with an embedding"):
        her.rank(np.array([3]), None, 5)
    with pytest.raises(ValueError, match="retrieval model 'frequency': unknown"):
        load_retrieval_scorer("frequency", evaluated, photos, CONFIG, CPU)
    with pytest.raises(ValueError, match="tagging model 'upper_bound': unknown"):
        load_tagging_scorer("upper_bound", evaluated, photos.photo_ids, CONFIG, CPU)


def test_a_photo_without_an_embedding_stops(evaluated, photos):
    ids = np.append(photos.photo_ids, 999_999)
    with pytest.raises(ValueError, match="found none for 1 of them, such as photo 999999"):
        load_tagging_scorer("mcc", evaluated, ids, CONFIG, CPU)
