"""Seeds mixed from a seed and counters; the generators made of them are in `models.randomness`. No torch here."""

import hashlib

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
