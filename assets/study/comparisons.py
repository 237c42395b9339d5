"""The paper's eight claims as comparisons: exactly what its tables say, and no more.

Each claim is a list of parts; in each, one side is higher in the paper than the other, or both are equal.
"""

from dataclasses import dataclass

from assets.study.judge import ACCURACY, OF_HASHTAG, PRECISION
from assets.study.moved import LOCAL_FAKED, LOCAL_TRUE, NEAR_ELSEWHERE, NEAR_HERE
from assets.study.plan import alone

DIVERSITY = ("predicted_tags_pct", "correctly_predicted_tags_pct")
NEAR = ("region", "city")
FAR = ("agnostic", "continent", "country")

_NAMES = {
    "mcc": "MCC",
    "mlc": "MLC",
    "her": "HER",
    "locsens_zeroed": "zeroed",
    "locsens_raw": "raw",
    "locsens_dropout": "dropout",
    "locsens_sampling_0": "sampling 0",
    "locsens_raw_tag_negatives": "negatives that replace image or tag",
    "locsens_raw_narrow": "raw with a narrow location",
    "locsens_raw_unnormalised": "raw without normalisation",
    **{alone(sigma): f"sampling {sigma:g}" for sigma in (1.0, 0.1, 0.05, 0.01)},
}
_MEASURES = {
    OF_HASHTAG: "over hashtags",
    ACCURACY[0]: "A@1",
    ACCURACY[1]: "A@10",
    DIVERSITY[0]: "% predicted",
    DIVERSITY[1]: "% correctly predicted",
}


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a measure, averaged over some models.

    Attributes:
        models: Model keys.
        measure: A measure of `study_scores`, or one of `DIVERSITY`.
        granularity: Of a retrieval measure.
    """

    models: tuple[str, ...]
    measure: str = PRECISION
    granularity: str | None = None

    @property
    def name(self) -> str:
        """The models, for people."""
        return " and ".join(_NAMES[model] for model in self.models)


@dataclass(frozen=True)
class Part:
    """One comparison.

    Attributes:
        text: What it says.
        higher: The side that the paper has higher.
        lower: The other one.
        equal: The paper has both equal.
    """

    text: str
    higher: Side
    lower: Side
    equal: bool = False


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        number: 1 to 8.
        statement: The claim.
        parts: Its comparisons.
    """

    number: int
    statement: str
    parts: tuple[Part, ...]


def _retrieval(higher: str | tuple[str, ...], lower: str | tuple[str, ...], *granularities: str) -> list[Part]:
    return [_part(higher, lower, PRECISION, one) for one in granularities]


def _tagging(higher: str, lower: str, *measures: str) -> list[Part]:
    return [_part(higher, lower, one) for one in measures]


def _part(
    higher: str | tuple[str, ...],
    lower: str | tuple[str, ...],
    measure: str,
    granularity: str | None = None,
    *,
    equal: bool = False,
) -> Part:
    first, second = (Side((one,) if isinstance(one, str) else one, measure, granularity) for one in (higher, lower))
    where = " ".join(filter(None, (granularity, _MEASURES.get(measure))))
    return Part(f"{first.name} {'equals' if equal else 'over'} {second.name}, {where}", first, second, equal=equal)


def _claims() -> tuple[Claim, ...]:
    raw, zeroed, mcc, dropout, last = (
        "locsens_raw", "locsens_zeroed", "mcc", "locsens_dropout", "locsens_sampling_0",
    )  # fmt: skip
    middle = (alone(0.05), alone(0.01))
    compromises = (dropout, *middle, last)
    others = (mcc, "her", "mlc", zeroed, dropout, alone(1.0), alone(0.1), *middle, last)
    return (
        Claim(
            1,
            "MCC beats HER beats MLC, in location-agnostic retrieval and in tagging.",
            tuple(
                part
                for higher, lower in (("mcc", "her"), ("her", "mlc"))
                for part in (
                    _part(higher, lower, OF_HASHTAG, "agnostic"),
                    _part(higher, lower, PRECISION, "agnostic"),
                    *_tagging(higher, lower, *ACCURACY),
                )
            ),
        ),
        Claim(
            2,
            "LocSens with raw locations wins region and city, ties sampling 0 at street, and loses agnostic against "
            "MCC and zeroed.",
            (
                *(part for other in others for part in _retrieval(raw, other, *NEAR)),
                _part(raw, last, PRECISION, "street", equal=True),
                *_retrieval(mcc, raw, "agnostic"),
                *_retrieval(zeroed, raw, "agnostic"),
            ),
        ),
        Claim(
            3,
            "Dropout and sampling with sigma at most 0.05 are compromises: better than raw at agnostic, continent and "
            "country, worse at region and city.",
            tuple(
                part
                for model in compromises
                for part in (*_retrieval(model, raw, *FAR), *_retrieval(raw, model, *NEAR))
            ),
        ),
        Claim(
            4,
            "From sigma 1 to 0, agnostic falls; country, region, city and street rise; continent is best at 0.05 to "
            "0.01.",
            (
                *_retrieval(alone(1.0), last, "agnostic"),
                *_retrieval(last, alone(1.0), "country", "region", "city", "street"),
                *_retrieval(middle, alone(1.0), "continent"),
                *_retrieval(middle, alone(0.1), "continent"),
                *_retrieval(middle, last, "continent"),
            ),
        ),
        Claim(
            5,
            "LocSens with raw locations beats MCC in tagging, in accuracy and in diversity.",
            tuple(_tagging(raw, mcc, *ACCURACY, *DIVERSITY)),
        ),
        Claim(
            6,
            "For retrieval, negatives that replace only the image beat those that replace image or tag.",
            tuple(_retrieval(raw, "locsens_raw_tag_negatives", "agnostic", "continent", "country", "region", "city")),
        ),
        Claim(
            7,
            "The three modalities must be of the same width and normalised: a narrow location is ignored.",
            (
                *_retrieval(raw, "locsens_raw_narrow", *NEAR),
                *(_part("locsens_raw_narrow", zeroed, PRECISION, one, equal=True) for one in NEAR),
                *_retrieval(raw, "locsens_raw_unnormalised", *NEAR),
            ),
        ),
        Claim(
            8,
            "A hashtag asked at different places gives different pictures; a photo with a faked location gets hashtags "
            "of that place.",
            (
                Part(
                    "raw: more of the first ten photos are of the place asked at (2,500 km) than if asked elsewhere",
                    Side((raw,), NEAR_HERE),
                    Side((raw,), NEAR_ELSEWHERE),
                ),
                Part(
                    "raw: more of the first ten hashtags are local to the faked place than without faking",
                    Side((raw,), LOCAL_FAKED),
                    Side((raw,), LOCAL_TRUE),
                ),
            ),
        ),
    )


CLAIMS: tuple[Claim, ...] = _claims()
"""The claims, in order."""
