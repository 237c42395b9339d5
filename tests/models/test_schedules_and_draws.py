"""Schedules, location noise, counter-based draws, and what configurations refuse."""

import subprocess
import sys

import pytest
import torch
from pydantic import ValidationError

from models.config import (
    PAPER_VARIANTS,
    DropoutSchedule,
    LocSensConfig,
    OptimisationConfig,
    VariantConfig,
)
from models.curves import TrainingCurve
from models.location import fourier_frequencies, noisy_locations, normalise_coordinates, sphere, wrapped
from models.randomness import generator_for
from models.schedules import dropout_alpha, learning_rate_factor, sigma_at, sigma_snapshots
from models.seeds import mixed_seed

SIGMAS = (1.0, 0.1, 0.05, 0.01, 0.0)


def test_sigma_stages_share_the_steps() -> None:
    seen = [sigma_at(step, 1000, SIGMAS) for step in range(1000)]
    assert [seen.count(sigma) for sigma in SIGMAS] == [200] * 5
    assert seen == sorted(seen, reverse=True)
    uneven = [sigma_at(step, 12, SIGMAS) for step in range(12)]
    assert [uneven.count(sigma) for sigma in SIGMAS] == [2, 2, 3, 2, 3]
    assert sigma_snapshots(12, SIGMAS) == {
        2: "sigma_1",
        4: "sigma_0.1",
        7: "sigma_0.05",
        9: "sigma_0.01",
        12: "sigma_0",
    }
    for end, name in sigma_snapshots(12, SIGMAS).items():
        assert name == f"sigma_{sigma_at(end - 1, 12, SIGMAS):g}"
    with pytest.raises(ValueError, match="5 stages of sigma need at least as many steps, found 4"):
        sigma_snapshots(4, SIGMAS)


def test_alpha_is_zero_then_rises_to_one() -> None:
    schedule = DropoutSchedule(opens_at=0.5, full_at=0.9)
    alphas = [dropout_alpha(step, 100, schedule) for step in range(100)]
    assert alphas[:50] == [0.0] * 50
    assert alphas[50] == pytest.approx(1 / 40)
    assert alphas[69] == pytest.approx(0.5)
    assert alphas[89:] == [1.0] * 11
    assert dropout_alpha(5, 10, DropoutSchedule(opens_at=0.5, full_at=0.5)) == 1.0


def test_learning_rate_schedules() -> None:
    cosine = OptimisationConfig(steps=100, schedule="cosine", warmup_steps=10)
    factors = [learning_rate_factor(step, cosine) for step in range(101)]
    assert factors[0] == pytest.approx(1 / 11)
    assert factors[:11] == sorted(factors[:11])
    assert factors[10] == 1.0
    assert factors[55] == pytest.approx(0.5)
    assert factors[100] == pytest.approx(0.0)
    drop = OptimisationConfig(steps=100, schedule="step", drop_at=0.7, drop_factor=0.1)
    assert [learning_rate_factor(step, drop) for step in (0, 69, 70, 99)] == [1.0, 1.0, 0.1, 0.1]
    assert learning_rate_factor(99, OptimisationConfig(steps=100)) == 1.0


def test_location_is_normalised_and_wrapped() -> None:
    found = normalise_coordinates(torch.tensor([-90.0, 0.0, 90.0]), torch.tensor([-180.0, 0.0, 90.0]))
    assert found.tolist() == [[0.0, 0.0], [0.5, 0.5], [1.0, 0.75]]
    wraps = wrapped(torch.tensor([-0.25, 0.25, 1.25, -1e-9, 1.0]))
    assert wraps.tolist() == [0.75, 0.25, 0.25, 0.0, 0.0]


def test_noise_has_its_sigma_and_stays_on_the_map() -> None:
    places = torch.full((20_000, 3, 2), 0.5)
    near = noisy_locations(places, 0.05, generator_for(0, "noise"))
    assert float(near.std()) == pytest.approx(0.05, rel=0.02)
    assert float(near.mean()) == pytest.approx(0.5, abs=0.001)
    assert not torch.equal(near[:, 0], near[:, 1])  # each member of a triplet has its own
    edge = noisy_locations(torch.full((20_000, 2), 0.99), 0.05, generator_for(0, "noise"))
    assert 0.3 < float((edge < 0.5).float().mean()) < 0.5  # past the edge is on the other side
    wide = noisy_locations(places, 1.0, generator_for(0, "noise"))
    assert bool(((wide >= 0) & (wide < 1)).all())
    assert float(wide.var()) == pytest.approx(1 / 12, rel=0.02)  # sigma 1 is nearly uniform
    assert noisy_locations(places, 0.0, generator_for(0, "noise")) is places


def test_sphere_and_frequencies() -> None:
    points = sphere(torch.tensor([[0.5, 0.5], [1.0, 0.2], [0.5, 0.75]]))
    torch.testing.assert_close(points, torch.tensor([[1.0, 0, 0], [0, 0, 1], [0, 1, 0]]), atol=1e-6, rtol=0)
    first = fourier_frequencies((1.0, 16.0), 500)
    assert first.shape == (3, 1000)
    assert torch.equal(first, fourier_frequencies((1.0, 16.0), 500))
    assert float(first[:, :500].std()) == pytest.approx(1, rel=0.05)
    assert float(first[:, 500:].std()) == pytest.approx(16, rel=0.05)


def test_draws_depend_on_every_counter_and_on_nothing_else() -> None:
    seeds = {mixed_seed(*key) for key in [(0,), (1,), (0, 0), (0, 1), (1, 0), (0, "1"), (0, "a", "b"), (0, "ab")]}
    assert len(seeds) == 8
    assert all(0 <= seed < 2**63 for seed in seeds)
    code = "from models.randomness import mixed_seed; print(mixed_seed(3, 'triplets', 17))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert int(told) == mixed_seed(3, "triplets", 17) == 3847244679910881113
    torch.rand(5)
    one = torch.rand(4, generator=generator_for(3, "x", 1))
    assert torch.equal(one, torch.rand(4, generator=generator_for(3, "x", 1)))
    with pytest.raises(ValueError, match="at least 0, found -1"):
        mixed_seed(0, -1)


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        (OptimisationConfig, {"steps": 0}, "greater than or equal to 1"),
        (OptimisationConfig, {"step": 5}, "Extra inputs are not permitted"),
        (OptimisationConfig, {"learning_rate": float("nan")}, "finite number"),
        (OptimisationConfig, {"steps": 5, "warmup_steps": 5}, "fewer than steps, found 5 of 5"),
        (OptimisationConfig, {"optimiser": "lion"}, "'sgd' or 'adamw'"),
        (LocSensConfig, {"hidden": (100,)}, "multiples of norm_groups 32, found 100"),
        (LocSensConfig, {"hidden": ()}, "at least 1 item"),
        (LocSensConfig, {"branch_norm_groups": 32}, "branch_norm_groups 32, found 300"),
        (DropoutSchedule, {"opens_at": 0.9, "full_at": 0.5}, "must not be after full_at, found 0.9 and 0.5"),
        (VariantConfig, {"sigmas": (0.1, 1.0)}, "must fall from stage to stage"),
        (
            VariantConfig,
            {"location": "sampling", "optimisation": {"steps": 3}},
            "5 stages of sigma .* found 3",
        ),
    ],
)
def test_impossible_choices_are_refused(kind: type, values: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        kind.model_validate(values)


def test_paper_variants() -> None:
    assert list(PAPER_VARIANTS) == [
        "retrieval_zeroed",
        "retrieval_raw",
        "retrieval_dropout",
        "retrieval_sampling",
        "tagging_zeroed",
        "tagging_raw",
    ]
    assert len({variant.optimisation.steps for variant in PAPER_VARIANTS.values()}) == 1
    for name, variant in PAPER_VARIANTS.items():
        task, location = name.split("_")
        assert (variant.task, variant.location) == (task, location)
        assert variant.negatives == ("image" if task == "retrieval" else "image_or_tag")
        assert variant.evaluation_alpha == (0.0 if location == "zeroed" else 1.0)
        assert (variant.margin, variant.negatives_per_anchor, variant.optimisation.batch_size) == (
            0.1,
            6,
            1024,
        )
        assert VariantConfig.model_validate_json(variant.model_dump_json()) == variant


def test_curve_table_has_nulls_where_nothing_was_measured() -> None:
    curve = TrainingCurve()
    curve.add(10, loss=0.5)
    curve.add(20, loss=0.4, accuracy=30.0)
    curve.add(20, extra=1.0)
    assert curve.table().to_pydict() == {
        "step": [10, 20],
        "loss": [0.5, 0.4],
        "accuracy": [None, 30.0],
        "extra": [None, 1.0],
    }
    assert curve.last() == {"step": 20, "loss": 0.4, "accuracy": 30.0, "extra": 1.0}
    assert TrainingCurve().table().num_rows == 0
