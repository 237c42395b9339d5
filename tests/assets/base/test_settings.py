"""Settings come from the environment and `locsens.toml`; what is unknown or impossible is named."""

import traceback
from pathlib import Path

import pytest

from assets.base.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    import os

    for name in list(os.environ):
        if name.startswith("LOCSENS_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_sample_is_the_default() -> None:
    settings = load_settings()
    assert (settings.source, settings.profile, settings.storage) == ("sample", "sample", "data")


def test_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, clean: Path) -> None:
    (clean / "locsens.toml").write_text('profile = "paper"\nstorage = "elsewhere"\n')
    monkeypatch.setenv("LOCSENS_PROFILE", "tiny")
    settings = load_settings()
    assert (settings.profile, settings.storage) == ("tiny", "elsewhere")


def test_an_unknown_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCSENS_SORCE", "x")
    with pytest.raises(SettingsError, match="LOCSENS_SORCE: unknown setting; known are LOCSENS_DEVICE"):
        load_settings()


def test_an_unknown_key_in_the_file_is_named(clean: Path) -> None:
    (clean / "locsens.toml").write_text('sorce = "x"\n')
    with pytest.raises(SettingsError, match="sorce: unknown setting"):
        load_settings()


def test_several_devices_and_one_by_number_contradict_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCSENS_STORAGE", "s3://key:secret@bucket/data")
    monkeypatch.setenv("LOCSENS_DEVICE", "cuda:1")
    assert load_settings().device == "cuda:1"
    monkeypatch.setenv("LOCSENS_DEVICES", "2")
    with pytest.raises(SettingsError, match=r"LOCSENS_DEVICES: .* without a number, found 'cuda:1'") as caught:
        load_settings()
    assert "secret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(("name", "value"), [("PROFILE", "huge"), ("DEVICE", "tpu"), ("EXECUTOR", "none")])
def test_an_impossible_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"LOCSENS_{name}", value)
    with pytest.raises(SettingsError, match=f"LOCSENS_{name}: .*found '{value}'"):
        load_settings()
