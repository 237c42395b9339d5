"""One storage holds one collection."""

import pytest

from assets.base.collection import (
    Collection,
    CollectionError,
    RegisteredFile,
    open_collection,
    write_collection,
)
from assets.base.settings import Settings
from assets.base.step import StepRegistry
from assets.base.storage import Storage
from assets.base.workspace import Workspace


@pytest.fixture
def storage(storage_url: str) -> Storage:
    return Storage(storage_url)


def test_files_keep_the_order_of_registration(storage: Storage) -> None:
    started = open_collection(storage, "x", "tiny")
    grown = started.with_files([RegisteredFile("b", "file:///b"), RegisteredFile("a", "file:///a")])
    write_collection(storage, grown.with_files([RegisteredFile("a", "file:///a"), RegisteredFile("c", "file:///c")]))
    found = open_collection(storage, "x", "tiny")
    assert [file.key for file in found.files] == ["b", "a", "c"]
    assert found.order("c") == 2
    assert [file.key for file in found.without("a").files] == ["b", "c"]
    with pytest.raises(CollectionError, match="source file z: not registered"):
        found.order("z")


def test_looking_takes_no_possession_of_a_storage(storage: Storage) -> None:
    assert open_collection(storage, "mistyped", "tiny").files == ()
    assert open_collection(storage, "x", "tiny") == Collection("x", "tiny")
    assert storage.list("") == []


@pytest.mark.parametrize(("source", "profile"), [("y", "tiny"), ("x", "sample")])
def test_another_collection_is_refused(storage: Storage, source: str, profile: str) -> None:
    write_collection(storage, open_collection(storage, "x", "tiny"))
    with pytest.raises(CollectionError, match="holds the collection of source 'x' with profile 'tiny'"):
        open_collection(storage, source, profile)
    assert open_collection(storage, "x", "tiny") == Collection("x", "tiny")


def test_a_damaged_file_is_named(storage: Storage) -> None:
    storage.write_bytes("collection.json", b"{}")
    with pytest.raises(CollectionError, match=r"collection\.json in .*: expected a collection"):
        open_collection(storage, "x", "tiny")


def test_a_source_with_credentials_leaves_none_behind(tmp_path) -> None:
    source = "manifest:https://me:secret@host/photos.csv?signature=secret"
    settings = Settings(storage=str(tmp_path / "storage"), source=source, profile="tiny", work=tmp_path / "work")
    workspace = Workspace(settings, StepRegistry())
    write_collection(workspace.storage, workspace.collection())
    assert workspace.collection().source == "manifest:https://host/photos.csv"
    assert "secret" not in (tmp_path / "storage" / "collection.json").read_text()
    renewed = settings.model_copy(update={"source": source.replace("secret", "renewed")})
    assert Workspace(renewed, StepRegistry()).collection().profile == "tiny"
    other = settings.model_copy(update={"source": "manifest:https://me:secret@other/photos.csv"})
    with pytest.raises(CollectionError, match=r"asked for was source 'manifest:https://other/photos\.csv'"):
        Workspace(other, StepRegistry()).collection()
