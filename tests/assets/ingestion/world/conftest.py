from pathlib import Path

import pytest

from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.world.generate import World, ensure_world
from assets.ingestion.world.plan import Plan, draw_plan

SMALL = WorldConfig(name="small", seed=3, rows=1_000, users=40)


@pytest.fixture(scope="session")
def small() -> WorldConfig:
    return SMALL


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return ensure_world(SMALL, tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="session")
def plan(world: World) -> Plan:
    return draw_plan(SMALL, world.folder / "images")


@pytest.fixture(scope="session")
def tiny_plan() -> Plan:
    return draw_plan(WorldConfig.tiny(), Path("/images"))
