"""The one settings object: `LOCSENS_*` variables and an optional `locsens.toml`.

Settings say where things are and on what they run; sizes and hyper-parameters are the profile's.
"""

import os
import tomllib
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PREFIX = "LOCSENS_"
TOML = "locsens.toml"


class SettingsError(ValueError):
    """A setting is unknown or impossible."""


class Settings(BaseSettings):
    """Where things are and on what they run."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, toml_file=TOML)

    storage: str = Field("data", min_length=1, description="Folder or fsspec URL that everything is published to.")
    source: str = Field(
        "sample",
        min_length=1,
        description="`sample`, or a path, glob or URL of metadata files, optionally after `yfcc100m:` or `manifest:`.",
    )
    images: str = Field(
        "",
        description="Where pixels come from: empty for each row's download URL, or a root or template.",
    )
    word_vectors: str = Field("", description="A word2vec or GloVe text file; empty: HER does not run.")
    profile: Literal["tiny", "sample", "collection", "paper"] = Field(
        "sample", description="Sizes and hyper-parameters."
    )
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?)$",
        description="Device to train and score on: auto, cpu or cuda.",
    )
    devices: int = Field(
        1, ge=1, description="Devices that a model is trained on, a process each; on the CPU: processes."
    )
    executor: Literal["in_process", "multiprocess"] = Field(
        "in_process", description="How runs started in the UI execute their steps."
    )
    limit_rows: int = Field(
        0, ge=0, description="Rows of each source file to ingest, for a first look; 0 ingests all of them."
    )
    work: Path = Field(Path(".locsens"), description="Local folder for scratch: checkpoints, the sample world, logs.")

    @model_validator(mode="after")
    def _several_devices_have_no_number(self) -> Self:
        if self.devices > 1 and ":" in self.device:
            raise ValueError(
                f"LOCSENS_DEVICES: {self.devices} devices are the first {self.devices}, expected LOCSENS_DEVICE "
                f"without a number, found {self.device!r} (CUDA_VISIBLE_DEVICES says which are the first)"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then `locsens.toml`."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**overrides: object) -> Settings:
    """Read the settings.

    Args:
        **overrides: Values that win over environment and file.

    Raises:
        SettingsError: A setting is unknown or impossible; the sentence names it.
    """
    known = set(Settings.model_fields)
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() not in known:
            raise SettingsError(
                f"{name}: unknown setting; known are {', '.join(PREFIX + key.upper() for key in sorted(known))}"
            )
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks the values, that is the point
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{TOML}: expected TOML, found something else ({error})") from error
    except ValidationError as error:
        problem = error.errors()[0]
        if not problem["loc"]:  # of settings together: their values, which may hold credentials, are not shown
            raise SettingsError(str(problem["ctx"]["error"])) from None
        name = str(problem["loc"][0])
        if problem["type"] == "extra_forbidden":
            raise SettingsError(f"{name}: unknown setting; known are {', '.join(sorted(known))}") from error
        raise SettingsError(
            f"{PREFIX}{name.upper()}: {problem['msg'][0].lower()}{problem['msg'][1:]}, found {problem['input']!r}"
        ) from error
