"""The README's commands from the public bucket, as they stand, against an S3 server with the same layout."""

import io
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import boto3
import polars as pl
import pytest
from given_sources import write_database
from moto.server import ThreadedMotoServer
from PIL import Image

from assets.ingestion.decode import download_hashes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "multimedia-commons"
PHOTOS, WITH_IMAGE = 300, 40
WORDS = [f"word{letter}" for letter in "abcdefghijklmnopqrst"]


def commands() -> list[str]:
    """The lines of the README's block about the bucket, but for the setting up."""
    blocks = (ROOT / "README.md").read_text().split("```")
    (block,) = [block for block in blocks if f"s3://{BUCKET}/" in block]
    first, *rest = block.removeprefix("console\n").strip().splitlines()
    assert first == "make setup"
    return rest


def url(number: int) -> str:
    return f"http://farm1.staticflickr.com/{number}.jpg"


@pytest.fixture
def endpoint(tmp_path: Path):
    """An S3 server with a bucket as the public one, in which everybody may read what is there and list nothing."""
    rows = ({"photoid": 10 * n, "downloadurl": url(n), "usertags": ",".join(WORDS)} for n in range(PHOTOS))
    database = write_database(tmp_path / "database", rows, types={"photoid": "integer primary key"}).read_bytes()
    picture = io.BytesIO()
    Image.new("RGB", (500, 375), (200, 30, 60)).save(picture, "JPEG")
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3", "us-west-2", endpoint_url=address, aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    with closing(client):
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        objects = {"tools/etc/yfcc100m_dataset.sql": database}
        for h in download_hashes(pl.Series([url(n) for n in range(WITH_IMAGE)])):
            objects[f"data/images/{h[0:3]}/{h[3:6]}/{h}.jpg"] = picture.getvalue()
        for key, content in objects.items():
            # What is not public is refused to whoever does not sign: the requests must carry no signature.
            client.put_object(Bucket=BUCKET, Key=key, Body=content, ACL="public-read")
    yield address
    server.stop()


def test_the_commands_of_the_readme(endpoint: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".venv").symlink_to(Path(sys.executable).parents[1])
    environment = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands())],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    statuses = pl.read_parquet(home / "look/tables/image_status", hive_partitioning=False)["status"].value_counts()
    assert dict(statuses.rows())["ok"] == WITH_IMAGE
    for storage in ("look", "yfcc100m"):
        raw = pl.read_parquet(home / storage / "tables/raw_photos", hive_partitioning=False)
        assert raw["line_number"].to_list() == [10 * n for n in range(PHOTOS)]
    assert not list((home / ".locsens/copies").iterdir())
