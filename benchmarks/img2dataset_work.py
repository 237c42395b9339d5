"""A program for the Python that has img2dataset: the same list, sizes and quality; prints how many images there are.

`python img2dataset_work.py URLS FOLDER`. It is no module of ours to import: img2dataset is not a dependency.
"""

import json
import os
import sys
from pathlib import Path

SHARDS_PER_PROCESS = 2
THREADS = 32  # as many requests under way as the image stage has


def main(urls: str, folder: str) -> None:
    """Collect the images of a list as img2dataset does."""
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    from img2dataset import download

    processes = len(os.sched_getaffinity(0))
    shards = SHARDS_PER_PROCESS * processes
    download(
        url_list=urls,
        output_folder=folder,
        input_format="txt",
        output_format="parquet",
        image_size=300,
        resize_mode="keep_ratio",
        resize_only_if_bigger=True,
        encode_quality=90,
        processes_count=processes,
        thread_count=THREADS,
        number_sample_per_shard=-(-len(Path(urls).read_text().split()) // shards),
        enable_wandb=False,
    )
    found = [json.loads(path.read_text())["successes"] for path in Path(folder).glob("*_stats.json")]
    sys.stdout.write(f"\n{sum(found)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
