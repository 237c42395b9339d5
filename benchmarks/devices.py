"""What timing on a GPU needs. Apart from `benchmarks.timing`: what is measured there must not hold torch in memory."""

import torch


def wait_for(device: torch.device) -> None:
    """Wait until a device has done what it was given: a GPU works on while the program goes on."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
