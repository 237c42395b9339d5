"""A step's batch in equal parts: for gradient accumulation one after the other, for several devices at the same time.

Every part draws what the whole step draws (photos, triplets, noise, crops) and takes its slice of it: so the parts of
a step are the same photos however they are cut. All losses are means over photos; their mean over equal parts is the
whole batch's.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """One of the equal parts of a step's batch.

    Attributes:
        index: Which one, from 0.
        of: How many there are.
    """

    index: int = 0
    of: int = 1

    def within(self, size: int) -> slice:
        """Where this part lies in a batch.

        Args:
            size: Samples in the whole batch.

        Raises:
            ValueError: If the parts would not be equal.
        """
        check_shares(size, self.of)
        each = size // self.of
        return slice(self.index * each, (self.index + 1) * each)


WHOLE = Share()
"""The whole batch at once."""


def check_shares(batch_size: int, accumulate: int, devices: int = 1) -> None:
    """Refuses a batch that cannot be cut into equal parts.

    Args:
        batch_size: Samples per step, over all devices.
        accumulate: Parts that a device takes one after the other.
        devices: Devices that train together.

    Raises:
        ValueError: Names the three.
    """
    if batch_size % (accumulate * devices):
        raise ValueError(
            f"batch_size must be a multiple of accumulate times devices, found a batch_size of {batch_size}, "
            f"accumulate {accumulate} and devices {devices}"
        )
