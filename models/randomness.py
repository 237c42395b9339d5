"""Random draws as a function of (seed, what they are for, counters), never of what was drawn before.

That is what makes a resumed training equal to an undisturbed one: nothing about randomness needs saving.
"""

import hashlib

import torch

Counter = int | str


def mixed_seed(seed: int, *counters: Counter) -> int:
    """A 63-bit seed that depends on the seed and all counters, in their order, the same on every machine.

    Args:
        seed: The training's seed, at least 0.
        counters: What the draws are for: names of streams, steps, sample indices (at least 0).

    Raises:
        ValueError: If a number is negative.
    """
    digest = hashlib.blake2b(digest_size=8)
    for counter in (seed, *counters):
        if isinstance(counter, str):
            name = counter.encode()
            digest.update(b"s" + len(name).to_bytes(8, "little") + name)
        elif counter < 0:
            raise ValueError(f"seeds and counters are at least 0, found {counter}")
        else:
            digest.update(b"i" + int(counter).to_bytes(16, "little"))
    return int.from_bytes(digest.digest(), "little") >> 1


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
