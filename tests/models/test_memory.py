"""Memory is kept while asked to, and given back afterwards."""

import platform

import psutil
import pytest
import torch

from models.memory import freed_memory_kept


def resident() -> float:
    return psutil.Process().memory_info().rss / 1e6


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc is told anything")
def test_freed_memory_is_kept_only_so_long() -> None:
    before = resident()
    with freed_memory_kept():
        block = torch.ones(50_000_000)
        del block
        assert resident() - before > 150
    assert resident() - before < 100
