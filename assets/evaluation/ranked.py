"""Whether a model's rankings answer the queries and photos of now: results and report ask before they use them."""

from assets.base.run import Run

RANKED_FOR = ("retrieval_queries", "photos", "image_status")
"""Assets whose versions say what a ranking was asked."""


def why_no_rankings(run: Run, asset: str, model: str) -> str:
    """Why a model has no rankings of these queries and photos, empty if it has.

    Args:
        run: Reads the rankings, and of `RANKED_FOR` what it compares.
        asset: `retrieval_rankings` or `tagging_rankings`.
        model: Partition of it.
    """
    record = run.record(asset, model)
    if record is None:
        return "not materialised yet"
    if record.status == "not_run":
        return record.reason
    # Joined with other queries or photos, rankings would give figures that mean nothing, without an error.
    both = {one.asset for one in record.inputs} & {one.asset for one in run.inputs} & set(RANKED_FOR)
    ranked, asked = ({one for one in inputs if one.asset in both} for inputs in (record.inputs, run.inputs))
    return "" if ranked == asked else "ranked for other queries or photos; materialise it anew"
