"""One of two processes that train together, for `test_shares`: arguments are a folder and the names of trainings."""

import sys
from pathlib import Path

import torch
import torch.distributed
from test_shares import small
from torch import Tensor

from models.devices import rank_among
from models.photo_sets import MemoryPixels
from models.training import fit
from models.weights import save_weights

SEEN: list[int] = []


class Noted(MemoryPixels):
    """Notes which photos were taken."""

    def take(self, positions: Tensor) -> Tensor:
        """The images, and a note of their positions while training."""
        if torch.is_grad_enabled():
            SEEN.extend(positions.tolist())
        return super().take(positions)


def main() -> None:
    """Trains each, and writes this process's weights, photos seen, and lines told."""
    folder, rank = Path(sys.argv[1]), rank_among(2)
    torch.set_num_threads(1)
    for name in sys.argv[2:]:
        task, optimisation = small(name)
        if name == "mcc":
            task._train.pixels.__class__ = Noted
        lines: list[str] = []
        fit(task, optimisation, folder / f"{name}-scratch", lines.append, device="cpu", devices=2)
        save_weights(task.module, folder / f"{name}-{rank}.safetensors")
        if rank == 0:
            (folder / f"{name}.log").write_text("\n".join(lines))
        else:
            assert lines == []
        if name == "mcc":
            (folder / f"{name}-{rank}.seen").write_text(" ".join(map(str, SEEN)))
            task._train.pixels.__class__ = MemoryPixels
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
