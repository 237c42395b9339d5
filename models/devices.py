"""Which device to compute on, and whether it multiplies bf16 itself (elsewhere bf16 is emulated and slow)."""

import os

import torch

_CPU_FLAGS = ("amx_bf16", "avx512_bf16", "bf16", "sve_bf16")
_FIRST_CUDA_WITH_BF16 = (8, 0)


def choose_device(name: str) -> torch.device:
    """The device of that name; `auto` is CUDA where there is some, else the CPU.

    Args:
        name: `auto`, or a name that torch knows.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def rank_among(devices: int) -> int:
    """Which of the processes that train together this one is, from 0.

    Args:
        devices: How many there should be.

    Raises:
        RuntimeError: If `torch.distributed.run` did not start that many.
    """
    if devices == 1:
        return 0
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if started != devices:
        raise RuntimeError(
            f"training on {devices} devices: expected as many processes of torch.distributed.run, found {started}"
        )
    return int(os.environ["RANK"])


def bf16_in_hardware(device: torch.device) -> bool:
    """Whether matrix products in bf16 are done in hardware.

    Args:
        device: The CPU, a CUDA device, or another.

    Returns:
        True for CPUs with AVX512-BF16, AMX or Arm's BF16, and for NVIDIA GPUs from Ampere on.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= _FIRST_CUDA_WITH_BF16
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return any(capabilities.get(flag, False) for flag in _CPU_FLAGS)
    return False
