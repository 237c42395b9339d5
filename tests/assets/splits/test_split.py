import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from assets.base.profiles.sections.splits import SplitConfig
from assets.splits.split import assign_splits, hash_photo_ids, hash_users

IDS = np.arange(3_000_000_000, 3_000_100_000, dtype=np.int64)


def assign(ids, users=None, **config) -> list[str]:
    users = [None] * len(ids) if users is None else users
    return assign_splits(
        pl.Series(ids, dtype=pl.Int64), pl.Series(users, dtype=pl.String), SplitConfig(**config)
    ).to_list()


def test_hashes_are_fixed_for_ever():
    # From the definitions of SplitMix64 and BLAKE2b in plain integers: these numbers may never change.
    def splitmix(photo_id: int) -> float:
        from hashlib import blake2b

        mask = (1 << 64) - 1
        start = int.from_bytes(blake2b(b"locsens", digest_size=32).digest()[:8], "little")
        z = (photo_id * 0x9E3779B97F4A7C15 + start) & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return ((z ^ (z >> 31)) >> 11) / 2**53

    ids = np.array([0, 1, 2, 6_985_418_911, 2**63 - 1], np.int64)
    assert hash_photo_ids(ids, "locsens").tolist() == [splitmix(int(i)) for i in ids]
    assert hash_photo_ids(ids[[1, 3]], "locsens").tolist() == [0.7913323819773781, 0.7513875637853442]
    users = pl.Series(["48600072071@N01", "Zoë"])
    assert hash_users(users, "locsens").tolist() == [0.19059014174490851, 0.9788578287806469]


def test_uniform_and_independent_of_the_key():
    drawn = hash_photo_ids(IDS, "locsens")
    histogram, _ = np.histogram(drawn, bins=50, range=(0, 1))
    assert ((histogram - 2000) ** 2 / 2000).sum() < 95  # chi-square, 49 degrees of freedom, far tail
    assert abs(np.corrcoef(drawn, hash_photo_ids(IDS, "another"))[0, 1]) < 0.02
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.02


def test_fractions_come_out():
    splits = assign(IDS)
    assert splits.count("test") == pytest.approx(2000, abs=200)
    assert splits.count("validation") == pytest.approx(1000, abs=150)
    assert splits.count("train") == len(IDS) - splits.count("test") - splits.count("validation")


def test_a_photo_stays_where_it_is_whatever_comes_beside_it():
    all_of_them = dict(zip(IDS.tolist(), assign(IDS), strict=True))
    few = IDS[::-7]
    assert assign(few) == [all_of_them[int(i)] for i in few]


def test_raising_a_fraction_takes_from_train_only():
    before = assign(IDS, test_fraction=0.02, validation_fraction=0.01)
    after = assign(IDS, test_fraction=0.2, validation_fraction=0.05)
    moved = {(b, a) for b, a in zip(before, after, strict=True) if b != a}
    assert moved == {("train", "test"), ("train", "validation")}


def test_by_user_no_user_is_in_two_splits():
    users = [f"user {i % 997}" for i in range(20_000)]
    splits = assign(IDS[:20_000], users, split_by="user", test_fraction=0.2, validation_fraction=0.1)
    of_user: dict[str, set[str]] = {}
    for user, split in zip(users, splits, strict=True):
        of_user.setdefault(user, set()).add(split)
    assert all(len(found) == 1 for found in of_user.values())
    tests = sum(found == {"test"} for found in of_user.values())
    assert tests == pytest.approx(0.2 * 997, abs=50)


def test_by_user_photos_without_user_stay_in_train():
    splits = assign(IDS[:500], [None] * 500, split_by="user", test_fraction=0.5, validation_fraction=0.4)
    assert set(splits) == {"train"}
    assert set(assign(IDS[:500], [None] * 500, split_by="user", test_fraction=0.0)) == {"train"}


def test_same_in_another_process():
    code = (
        "import polars as pl; from assets.splits.split import hash_users;"
        "print(hash_users(pl.Series(['ann', 'bob', 'ann']), 'k').tolist())"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == str(hash_users(pl.Series(["ann", "bob", "ann"]), "k").tolist())


def test_no_photos():
    assert assign([]) == []
    assert assign([], [], split_by="user") == []


def test_config_refuses_the_impossible():
    with pytest.raises(ValueError, match="leave nothing to train on"):
        SplitConfig(test_fraction=0.6, validation_fraction=0.4)
    for wrong in ({"test_fraction": -0.1}, {"split_by": "album"}, {"max_tags": 0}, {"key": ""}, {"tests": 1}):
        with pytest.raises(ValueError):
            SplitConfig(**wrong)
