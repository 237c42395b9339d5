"""`locsens doctor`: each thing that can be wrong is named in one sentence, and nothing is waited for for long."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from object_store import KEYS, s3_served

from assets.base.settings import Settings
from pipelines import doctor
from pipelines.doctor import Finding, examine


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with which all is well."""
    manifest = tmp_path / "photos.csv"
    manifest.write_text("photo_id,tags,latitude,longitude,image\n1,a,2,3,1.jpg\n2,a,2,3,2.jpg\n")
    (tmp_path / "1.jpg").write_bytes(b"looked for, not at")
    return Settings(
        storage=str(tmp_path / "data"), source=str(manifest), profile="tiny", work=tmp_path / "work", device="cpu"
    )


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Says where S3 is."""
    s3 = pytest.importorskip("s3fs").S3FileSystem

    def at(url: str) -> None:
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": url}.items():
            monkeypatch.setenv(name, value)
        s3.clear_instance_cache()

    yield at
    s3.clear_instance_cache()


def looked_at(settings: Settings, **changed: object) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(settings.model_copy(update=changed))}


def wrong(found: dict[str, Finding]) -> dict[str, str]:
    return {finding.what: finding.sentence for finding in found.values() if not finding.ok}


def test_all_is_well(settings: Settings, tmp_path: Path) -> None:
    found = looked_at(settings, images=str(tmp_path))
    assert wrong(found) == {}
    assert found["source"].sentence == "1 files, 0.0 MB; the first is manifest, csv, plain"
    assert found["images"].sentence == f"from {tmp_path}"
    assert found["versions"].sentence.startswith(f"Python {sys.version.split()[0]}, dagster ")
    assert list(Path(settings.storage).iterdir()) == list(settings.work.iterdir()) == []


def test_a_storage_on_s3(settings: Settings) -> None:
    with s3_served() as (bucket, _):
        found = looked_at(settings, storage=f"{bucket}/collection")
    assert wrong(found) == {}
    assert found["storage"].sentence == f"{bucket}/collection can be written, read and cleared"


def test_no_secret_is_told(settings: Settings) -> None:
    url = "http://user:s3cr3t@127.0.0.1:9/photos.csv?token=s3cr3t"
    found = looked_at(
        settings, source=url, images=f"{url}/{{hash}}", word_vectors=url, storage=url.replace("http", "moon")
    )
    assert set(wrong(found)) == {"storage", "collection", "source", "word vectors"}
    assert "s3cr3t" not in str(found)


def test_a_storage_that_cannot_be_written(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    found = wrong(looked_at(settings, storage=str(tmp_path / "file")))
    assert list(found) == ["storage"]
    assert found["storage"].startswith("cannot write .doctor-probe-")


def test_a_bucket_that_is_not_there(settings: Settings) -> None:
    with s3_served() as (_, _):
        found = wrong(looked_at(settings, storage="s3://no-such-bucket/collection"))
    assert list(found) == ["storage"]
    assert "in s3://no-such-bucket/collection: The specified bucket does not exist" in found["storage"]


@pytest.mark.timeout(60)
def test_s3_that_nobody_serves_is_told_within_seconds(settings: Settings, endpoint) -> None:
    endpoint("http://127.0.0.1:9")
    found = wrong(looked_at(settings, storage="s3://bucket/collection", source="s3://bucket/meta/*.bz2"))
    assert set(found) == {"storage", "collection", "source"}
    for sentence in found.values():
        assert "Could not connect to the endpoint URL" in sentence
    assert "AWS_MAX_ATTEMPTS" not in doctor.os.environ


@pytest.mark.timeout(60)
def test_what_never_answers_is_not_waited_for(
    settings: Settings, endpoint, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 2.0)
    endpoint(silent)
    found = wrong(looked_at(settings, storage="s3://bucket/collection", source=f"{silent}/photos.csv"))
    assert found == dict.fromkeys(("storage", "collection", "source"), "no answer within 2 seconds")


def test_without_the_package_of_a_store(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)  # of an earlier test
    found = wrong(
        looked_at(
            settings, storage="s3://b/c", images="s3://b/{hash}.jpg", word_vectors="s3://b/v.txt", source="s3://b/x"
        )
    )
    assert set(found) == {"storage", "collection", "source", "images", "word vectors"}
    assert found["storage"] == (
        "storage s3://b/c: expected a folder or an fsspec URL whose package is installed: "
        "Install s3fs to access S3 (pip install 'locsens[s3]')"
    )


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        ("https://host/{hsh}.jpg", "LOCSENS_IMAGES: expected the fields hash, photo_id, found {hsh}"),
        ("https://host/{hash.jpg", "LOCSENS_IMAGES: expected fields such as {hash} or {hash[0:3]}, found "),
        ("moon://host/{hash}.jpg", "LOCSENS_IMAGES: expected http, https, a folder or an fsspec URL"),
        ("/no/such/folder", "LOCSENS_IMAGES: the folder /no/such/folder is not there"),
    ],
)
def test_images_that_cannot_be_there(settings: Settings, images: str, sentence: str) -> None:
    found = wrong(looked_at(settings, images=images))
    assert list(found) == ["images"]
    assert found["images"].startswith(sentence)


def test_images_that_are_not_where_the_rows_say(settings: Settings, tmp_path: Path) -> None:
    assert wrong(looked_at(settings)) == {}  # one of two is there
    (tmp_path / "1.jpg").unlink()
    found = wrong(looked_at(settings))
    assert found == {"images": f"none of the first 2 is there; expected a file at {tmp_path / '1.jpg'}"}
    web = tmp_path / "web.csv"
    web.write_text("photo_id,tags,latitude,longitude,image\n1,a,2,3,https://host/1.jpg\n")
    assert wrong(looked_at(settings, source=str(web))) == {}


def test_a_source_that_is_none(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader,\nthis is no metadata.\n")
    found = wrong(looked_at(settings, source=str(tmp_path / "letter.txt")))
    assert list(found) == ["source"]
    assert "expected YFCC100M metadata: tab-separated lines of 23 or 25 columns" in found["source"]


@pytest.mark.parametrize(
    ("word_vectors", "sentence"),
    [
        ("/no/such/file.txt", "word vectors /no/such/file.txt: cannot be read ("),
        ("moon://words.txt", "word vectors moon://words.txt: expected a folder or an fsspec URL"),
    ],
)
def test_word_vectors_that_are_not_there(settings: Settings, word_vectors: str, sentence: str) -> None:
    found = wrong(looked_at(settings, word_vectors=word_vectors))
    assert list(found) == ["word vectors"]
    assert found["word vectors"].startswith(sentence)


def test_a_full_disk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=4 * 10**8))
    found = wrong(looked_at(settings))
    assert found == {
        "work folder": f"{settings.work}: expected at least 1 GB of free disk, found 0.4 GB",
        "storage": f"{settings.storage}: expected at least 1 GB of free disk, found 0.4 GB",
    }


def test_a_work_folder_that_cannot_be_written(settings: Settings) -> None:
    found = wrong(looked_at(settings, work=Path("/proc/locsens")))
    assert found["work folder"].startswith("LOCSENS_WORK: /proc/locsens cannot be written (")


def test_a_package_of_another_version(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    needs = ["polars>=99", "no-such-package>=1", "s3fs>=99; extra == 's3'", "torch>=2"]
    monkeypatch.setattr(doctor.importlib.metadata, "requires", lambda _: needs)
    found = wrong(looked_at(settings))
    assert list(found) == ["versions"]
    assert found["versions"].startswith("polars: expected >=99, found ")
    assert found["versions"].endswith("; no-such-package: expected >=1, found none; run `make setup`")


def test_a_device_that_is_not_there(settings: Settings) -> None:
    found = wrong(looked_at(settings, device="cuda:99"))
    assert list(found) == ["device"]
    assert found["device"].startswith("device cuda:99: expected ")


def test_more_devices_than_there_are(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    found = wrong(looked_at(settings, device="auto", devices=4))
    assert found == {"device": "LOCSENS_DEVICES: expected at most the 2 CUDA devices, found 4"}
    assert wrong(looked_at(settings, devices=4)) == {}  # on the CPU any number of processes can be had
