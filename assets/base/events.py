"""TensorBoard's event files, published beside the model that they tell of."""

from assets.base.run import Run
from models.event_files import event_files


def publish_events(run: Run, asset: str) -> None:
    """Publish what a training in the run's scratch told TensorBoard.

    They hold times of the clock, so that they do not count for the data version.

    Args:
        run: The run that trained.
        asset: The model.
    """
    for name, content in event_files(run.scratch):
        with run.create(asset, name, versioned=False) as sink:
            sink.write(content)
