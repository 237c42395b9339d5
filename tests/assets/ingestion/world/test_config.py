import pytest
from pydantic import ValidationError

from assets.base.profiles.sections.world import LookConfig, WorldConfig


def test_digest_follows_what_changes_bytes() -> None:
    config = WorldConfig.tiny()
    assert config.digest == WorldConfig.tiny().digest
    assert config.digest == config.model_copy(update={"processes": 7}).digest
    assert config.digest != WorldConfig.tiny(seed=8).digest
    assert config.digest != config.model_copy(update={"look": LookConfig(city=0.3)}).digest


def test_presets_differ_in_size() -> None:
    assert WorldConfig.tiny().rows < WorldConfig.sample().rows < WorldConfig.medium().rows
    assert {WorldConfig.tiny().name, WorldConfig.sample().name, WorldConfig.medium().name} == {
        "tiny",
        "sample",
        "medium",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [("rows", 10), ("files", 1), ("name", "../up"), ("width", 100), ("seed", -1), ("colour", "blue")],
)
def test_impossible_values_are_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        WorldConfig.model_validate({field: value})
