"""Every step of the graph, declared by importing the stages in the order in which data flows."""

import assets.catalog.assets
import assets.embeddings.assets
import assets.evaluation.assets
import assets.evaluation.report.assets
import assets.features.assets
import assets.images.assets
import assets.ingestion.assets
import assets.locsens.assets
import assets.splits.assets
import assets.study.assets
import assets.study.world
import assets.vocabulary.assets  # noqa: F401 - imported for the steps that they declare
from assets.base.step import STEPS, StepRegistry


def all_steps() -> StepRegistry:
    """The graph, checked: every asset that a step reads is made by a step.

    Raises:
        ValueError: A step reads an asset that nobody makes, or steps read each other in a circle.
    """
    made = set(STEPS.assets())
    for step in STEPS:
        unknown = [reads.asset for reads in step.reads if reads.asset not in made]
        if unknown:
            raise ValueError(f"step {step.name} reads {', '.join(unknown)}, which no step makes")
    STEPS.in_order()
    return STEPS
