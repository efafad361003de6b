"""Objects on a real S3 endpoint."""

import hashlib
import io
import time
from pathlib import Path

import pytest
from minio import Minio

from aixiv.storage import BlobCorrupt, BlobMissing, Blobs, BlobTooLarge, StorageUnavailable, key_of
from tests.fixtures.services import Services

pytestmark = pytest.mark.anyio
ABSENT = hashlib.sha256(b"never stored").hexdigest()


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def overwrite(services: Services, blobs: Blobs, sha256: str, data: bytes) -> None:
    """Put other bytes under a key, as a broken disk or a stranger with the keys would."""
    client = Minio(
        blobs.endpoint.removeprefix("http://"),
        services.access_key,
        services.secret_key,
        secure=False,
        region="us-east-1",
    )
    client.put_object(bucket_name=blobs.bucket, object_name=key_of(sha256), data=io.BytesIO(data), length=len(data))


@pytest.mark.parametrize("size", [0, 1, 700_000, 12 * 2**20])
async def test_a_file_comes_back_as_it_was(blobs: Blobs, tmp_path: Path, size: int) -> None:
    source = tmp_path / "manuscript.pdf"
    source.write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    blob = await blobs.put_file(source)
    assert (blob.sha256, blob.size) == (hashlib.sha256(source.read_bytes()).hexdigest(), size)
    assert b"".join([chunk async for chunk in await blobs.open(blob.sha256)]) == source.read_bytes()
    await blobs.fetch_to(blob.sha256, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()


async def test_the_same_content_is_one_object(blobs: Blobs, services: Services, tmp_path: Path) -> None:
    first = await blobs.put_bytes(b"the same words")
    stored = services.s3.data / blobs.bucket / key_of(first.sha256)
    written = stored.stat().st_mtime_ns
    (tmp_path / "f").write_bytes(b"the same words")
    assert await blobs.put_file(tmp_path / "f") == first
    assert stored.stat().st_mtime_ns == written


async def test_a_cut_off_object_is_written_again(blobs: Blobs, services: Services) -> None:
    blob = await blobs.put_bytes(b"words that were cut off")
    overwrite(services, blobs, blob.sha256, b"words")
    await blobs.put_bytes(b"words that were cut off")
    assert await blobs.get_bytes(blob.sha256, 100) == b"words that were cut off"


async def test_absence_is_told_from_failure(blobs: Blobs, tmp_path: Path) -> None:
    assert not await blobs.exists(ABSENT)
    with pytest.raises(BlobMissing):
        await blobs.open(ABSENT)
    with pytest.raises(BlobMissing):
        await blobs.get_bytes(ABSENT, 10)
    with pytest.raises(BlobMissing):
        await blobs.fetch_to(ABSENT, tmp_path / "f")
    assert names(tmp_path) == []


async def test_altered_bytes_are_refused(blobs: Blobs, services: Services, tmp_path: Path) -> None:
    blob = await blobs.put_bytes(b"a result of 0.04")
    overwrite(services, blobs, blob.sha256, b"a result of 0.40")
    with pytest.raises(BlobCorrupt):
        await blobs.get_bytes(blob.sha256, 100)
    with pytest.raises(BlobCorrupt):
        await blobs.fetch_to(blob.sha256, tmp_path / "f")
    assert names(tmp_path) == []


async def test_an_object_beyond_the_limit_is_refused(blobs: Blobs) -> None:
    blob = await blobs.put_bytes(b"x" * 1001)
    with pytest.raises(BlobTooLarge):
        await blobs.get_bytes(blob.sha256, 1000)
    assert len(await blobs.get_bytes(blob.sha256, 1001)) == 1001


async def test_what_is_not_a_hash_is_not_a_key(blobs: Blobs) -> None:
    with pytest.raises(ValueError, match="not a sha256"):
        await blobs.exists("../../../etc/passwd")


async def test_a_dead_endpoint_fails_within_seconds() -> None:
    dead = Blobs("http://127.0.0.1:9", "key", "secret-secret", "aixiv", "us-east-1")
    began = time.monotonic()
    with pytest.raises(StorageUnavailable, match="cannot be reached"):
        await dead.put_bytes(b"words")
    assert time.monotonic() - began < 5


async def test_wrong_keys_and_a_missing_bucket_are_refused(services: Services, blobs: Blobs) -> None:
    stranger = Blobs(blobs.endpoint, services.access_key, "not the secret key", blobs.bucket, "us-east-1")
    with pytest.raises(StorageUnavailable, match="AccessDenied"):
        await stranger.ping()
    with pytest.raises(StorageUnavailable, match="does not exist"):
        await services.s3.blobs("never-made").ping()
    await blobs.ping()
