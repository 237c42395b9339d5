"""Profiles: the paper's is all defaults, hashes cover a section alone, one seed holds for all."""

import pytest
from pydantic import ValidationError

from assets.base.profiles import Profile, load_profile
from assets.base.profiles.profile import NAMES, ProfileError
from assets.base.profiles.sections.study import StudyConfig
from models.config import PAPER_VARIANTS, LocSensConfig


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_loads_under_its_name(name: str) -> None:
    assert load_profile(name).name == name
    assert set(load_profile(name).locsens) == set(PAPER_VARIANTS)


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(ProfileError, match="profile 'huge': unknown, expected one of tiny, sample, collection, paper"):
        load_profile("huge")


def test_the_papers_values() -> None:
    paper = load_profile("paper")
    assert (paper.vocabulary.size, paper.vocabulary.skip_most_frequent, paper.splits.max_tags) == (100_000, 10, 15)
    assert (paper.images.short_side, paper.embeddings.mcc.crop, paper.embeddings.mcc.width) == (300, 224, 300)
    assert (paper.embeddings.mcc.optimisation.learning_rate, paper.embeddings.her.optimisation.batch_size) == (
        0.06,
        400,
    )
    raw = paper.locsens["retrieval_raw"]
    assert (raw.margin, raw.negatives_per_anchor, raw.optimisation.batch_size) == (0.1, 6, 1024)
    assert raw.network.hidden == (2048, 2048, 2048, 1024, 512)
    assert paper.locsens["retrieval_sampling"].sigmas == (1.0, 0.1, 0.05, 0.01, 0.0)
    assert paper.evaluation.min_test_images == 10


def test_a_hash_covers_its_section_alone() -> None:
    tiny = load_profile("tiny")
    other = tiny.model_copy(update={"splits": tiny.splits.model_copy(update={"test_fraction": 0.4})})
    assert tiny.section_hash(["splits"]) != other.section_hash(["splits"])
    assert tiny.section_hash(["vocabulary", "embeddings.mcc"]) == other.section_hash(["vocabulary", "embeddings.mcc"])
    with pytest.raises(ProfileError, match=r"no section embeddings\.xyz"):
        tiny.section_hash(["embeddings.xyz"])


def test_results_are_published_under_the_seed_that_made_them() -> None:
    with pytest.raises(ValidationError, match=r"seed 3, another is set in evaluation, embeddings\.mcc"):
        Profile(name="paper", seed=3)


@pytest.mark.parametrize("name", ["sample", "collection"])
def test_narrower_layers_have_the_papers_channels_in_a_group(name: str) -> None:
    def channels(network: LocSensConfig | StudyConfig) -> set[int]:
        return {width // network.norm_groups for width in network.hidden}

    profile, paper = load_profile(name), load_profile("paper").locsens["retrieval_raw"].network
    for network in (profile.study, *(variant.network for variant in profile.locsens.values())):
        assert channels(network) == channels(paper) == {64, 32, 16}
