"""Random draws as a function of (seed, what they are for, counters), never of what was drawn before.

That is what makes a resumed training equal to an undisturbed one: nothing about randomness needs saving.
"""

import torch

from models.seeds import Counter, mixed_seed


def generator_for(seed: int, *counters: Counter, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator whose draws depend on the seed and the counters alone (and on the kind of device).

    Args:
        seed: The training's seed, at least 0.
        counters: What the draws are for, for example `("triplets", step)`.
        device: Where the draws are made.
    """
    generator = torch.Generator(device)
    generator.manual_seed(mixed_seed(seed, *counters))
    return generator


def seed_draws(seed: int, device: torch.device) -> None:
    """Seed what layers draw from by themselves, on the CPU and on a device.

    Not `torch.manual_seed`: for every kind of device that is not there it writes down the whole stack as text, which
    takes the longer the deeper a training is called.

    Args:
        seed: The seed.
        device: Where layers draw.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
