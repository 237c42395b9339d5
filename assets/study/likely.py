"""Why claims of the paper probably do not hold on the sample world: written by hand, from the figures of its study.

A reason is shown only where it was found: of the sample world, with profile `sample`, and beside a claim that does not
hold. Whoever studies other photos has to look for reasons of their own.
"""

from collections.abc import Iterable
from typing import Final

import polars as pl

from assets.base.freshness import judge
from assets.base.run import Run
from assets.ingestion.sources import parse_source
from assets.study.claims import FEWEST_SEEDS

LIKELY_WHY: Final[dict[int, str]] = {
    1: "HER loses to MLC in tagging alone. All that MLC has learnt is how frequent hashtags are: it gives the "
    "same few to every photo, and its accuracies are the frequency baseline's. Among 801 hashtags that is "
    "right within ten for a third of the photos; among the paper's 100,000 frequency is worth little (13 %). "
    "HER knows word vectors and no frequencies, and stays below.",
    2: "Raw is as good as sampling that ends at sigma 0.01 or 0, not better. Sigma 0.01 blurs a place by 200 km "
    "and more, within which there is hardly a second of the sample's cities (the upper bounds of region and "
    "city differ by less than a point): a model that is told so little less still knows the city. In the "
    "paper, too, raw is less than a point better than sampling 0; more queries or trainings would have to "
    "tell them apart.",
    3: "On continent and country raw is not worse than the compromises but better. The paper's blind model has "
    "71 % of its right answers on the query's continent, here it has 40 %: the sample's hashtags are spread "
    "over all continents, so that a place pays at every distance, and the exact one most. Dropout also opens "
    "the location half way, when the equal learning-rate area has but its cooling half left.",
    4: "Only the continent's best fails: it is at sigma 0, not at 0.05 to 0.01. As in claim 3 a place pays on "
    "continents, too, so there is nothing to be gained there by blurring it.",
    5: "Only the first hashtag fails: LocSens gets more photos right within ten, and more different hashtags, "
    "but MCC puts the better one first. Cross-entropy over 801 hashtags trains just that; a margin loss over "
    "six random negatives is satisfied once a true hashtag stands above most others. Over the paper's 100,000 "
    "the classifier is far from solved.",
    6: "No difference: all comparisons lie within a fifth of a point. Most of the paper's 100,000 hashtags are "
    "absurd beside a given image and teach nothing; of 801 frequent ones a wrong hashtag is as hard a "
    "negative as a wrong image.",
    7: "The narrow location is used, not ignored: it is 0.4 points worse than the wide one and 1.0 better than "
    "none. All three representations are scaled to one length, so ten numbers weigh as much as three hundred, "
    "and two coordinates hardly need more. Without scaling nothing is lost here (0.3 points better, "
    "undecided): lengths do not run apart in so few steps. The paper saw the opposite in a network eight "
    "times as wide, after a longer training.",
}
"""Number of a claim → why it fails there, probably."""


def is_of_sample(run: Run, seeds: Iterable[str]) -> bool:
    """Whether a run is of what the reasons are about: the whole sample world, as it is studied now.

    Args:
        run: Of the step `claims`.
        seeds: The study's seeds that it compares.
    """
    settings, study = run.settings, run.workspace.steps.maker("study_scores")
    return (
        parse_source(settings.source).is_sample
        and run.profile.name == "sample"
        and not settings.limit_rows
        and all(judge(study, run.workspace, seed).state == "fresh" for seed in seeds)
    )


def with_likely_why(judged: pl.DataFrame, *, of_sample: bool) -> pl.DataFrame:
    """Claims with the column `likely_why`: null where the claim holds or nothing is known.

    Args:
        judged: Rows of `claims` without it.
        of_sample: Whether they are of the sample world's study.
    """
    decided = (pl.col("seeds") >= FEWEST_SEEDS) & pl.col("effect").is_not_null()
    failing = (pl.col("verdict") != "holds") & decided & pl.lit(of_sample)
    why = pl.col("claim").replace_strict(LIKELY_WHY, default=None, return_dtype=pl.String)
    return judged.with_columns(likely_why=pl.when(failing).then(why))
