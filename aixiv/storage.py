"""Content-addressed objects on an S3 endpoint. The only module that speaks S3.

An object's key is the sha256 of its bytes, so a write is idempotent, two uploads of one file are one object, and every
read can be checked. `minio` is a blocking client: each call runs in a thread and is bounded in time, so that a dead
endpoint becomes `StorageUnavailable` in seconds instead of holding a request or a job for minutes.
"""

import hashlib
import io
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import urlsplit

import urllib3
from anyio import to_thread
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error
from msgspec import Struct

CHUNK = 256 * 1024  # bytes per read; large enough that one thread hop per chunk costs little
CONNECT_SECONDS = 2.0
READ_SECONDS = 30.0  # between two bytes, not for the whole object
RETRIES = 2

T = TypeVar("T")


class StoredBlob(Struct, frozen=True):
    """What was stored: the address and the length in bytes."""

    sha256: str
    size: int


class StorageError(Exception):
    """Base of everything this module raises."""


class BlobMissing(StorageError):
    """No object has this hash."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"no stored object with sha256 {sha256}")
        self.sha256 = sha256


class BlobCorrupt(StorageError):
    """The stored bytes do not have the hash they are stored under."""


class BlobTooLarge(StorageError):
    """The object is longer than the caller is willing to hold in memory."""


class StorageUnavailable(StorageError):
    """The endpoint cannot be reached, refuses us, or answers with a fault. Asking again later can help."""


class Blobs:
    """One bucket of content-addressed objects."""

    def __init__(self, endpoint: str, access_key: str, secret_key: str, bucket: str, region: str) -> None:
        address = urlsplit(endpoint)
        if address.scheme not in ("http", "https") or not address.netloc:
            raise ValueError(f"S3 endpoint must look like http(s)://host:port, not {endpoint!r}")
        self.endpoint = endpoint
        self.bucket = bucket
        self._client = Minio(
            address.netloc,
            access_key=access_key,
            secret_key=secret_key,
            secure=address.scheme == "https",
            region=region,  # without it every first call asks for the bucket's location, which rclone cannot answer
            http_client=_pool(),
        )

    async def ensure_bucket(self) -> None:
        """Make the bucket when it is missing."""
        await _blocking(self._make_bucket)

    async def ping(self) -> None:
        """Return when the bucket can be reached with our keys, else raise `StorageUnavailable`."""
        if not await _blocking(lambda: self._client.bucket_exists(bucket_name=self.bucket)):
            raise StorageUnavailable(f"bucket {self.bucket!r} does not exist at {self.endpoint}")

    async def put_file(self, path: Path) -> StoredBlob:
        """Store a file under the hash of its content; an object already there is not sent again."""
        return await _blocking(lambda: self._put_file(path))

    async def put_bytes(self, data: bytes) -> StoredBlob:
        """Store bytes under their hash."""
        blob = StoredBlob(hashlib.sha256(data).hexdigest(), len(data))
        await _blocking(lambda: self._put(blob, lambda: io.BytesIO(data)))
        return blob

    async def get_bytes(self, sha256: str, limit: int) -> bytes:
        """The whole object, checked against its hash. Raises `BlobTooLarge` beyond `limit` bytes."""
        parts: list[bytes] = []
        size = 0
        stream = await self.open(sha256)
        async for chunk in stream:
            size += len(chunk)
            if size > limit:
                raise BlobTooLarge(f"object {sha256} is longer than {limit} bytes")
            parts.append(chunk)
        data = b"".join(parts)
        _check(sha256, hashlib.sha256(data).hexdigest())
        return data

    async def open(self, sha256: str) -> AsyncIterator[bytes]:
        """The object as a stream of chunks. `BlobMissing` is raised here, before the first chunk is asked for."""
        response = await _blocking(lambda: self._get(sha256), missing=sha256)
        return _chunks(response)

    async def fetch_to(self, sha256: str, path: Path) -> None:
        """Write the object to `path`, which appears only when it is complete and has the right hash."""
        await _blocking(lambda: self._fetch_to(sha256, path), missing=sha256)

    async def exists(self, sha256: str) -> bool:
        """Whether an object with this hash is stored."""
        return await _blocking(lambda: self._size(key_of(sha256))) is not None

    def _make_bucket(self) -> None:
        if self._client.bucket_exists(bucket_name=self.bucket):
            return
        try:
            self._client.make_bucket(bucket_name=self.bucket)
        except S3Error as error:
            if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):  # another process was faster
                raise

    def _put_file(self, path: Path) -> StoredBlob:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
        blob = StoredBlob(digest, size)
        self._put(blob, lambda: path.open("rb"))
        return blob

    def _put(self, blob: StoredBlob, source: Callable[[], BinaryIO]) -> None:
        key = key_of(blob.sha256)
        if self._size(key) == blob.size:
            return
        with source() as data:
            self._client.put_object(bucket_name=self.bucket, object_name=key, data=data, length=blob.size)

    def _get(self, sha256: str) -> urllib3.BaseHTTPResponse:
        response: urllib3.BaseHTTPResponse = self._client.get_object(
            bucket_name=self.bucket, object_name=key_of(sha256)
        )
        return response

    def _fetch_to(self, sha256: str, path: Path) -> None:
        scratch = path.with_name(f"{path.name}.{os.getpid()}.part")
        digest = hashlib.sha256()
        response = self._get(sha256)
        try:
            with scratch.open("wb") as file:
                for chunk in response.stream(CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
            _check(sha256, digest.hexdigest())
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
            response.close()
            response.release_conn()

    def _size(self, key: str) -> int | None:
        try:
            size: int | None = self._client.stat_object(bucket_name=self.bucket, object_name=key).size
        except MinioException as error:
            if _is_missing(error):
                return None
            raise
        return size


def key_of(sha256: str) -> str:
    """Object key of a hash; the fan-out keeps folders small on endpoints that store files."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise ValueError(f"not a sha256 in lower-case hex: {sha256!r}")
    return f"sha256/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        maxsize=16,
        retries=urllib3.Retry(total=RETRIES, backoff_factor=0.1, status_forcelist=[500, 502, 503, 504]),
    )


async def _blocking(call: Callable[[], T], *, missing: str | None = None) -> T:
    """Run a blocking client call in a thread and translate its errors into this module's."""
    try:
        return await to_thread.run_sync(call)
    except MinioException as error:
        if missing is not None and _is_missing(error):
            raise BlobMissing(missing) from error
        reason = error.code if isinstance(error, S3Error) else str(error)[:200]
        raise StorageUnavailable(f"object storage refused: {reason}") from error
    except urllib3.exceptions.HTTPError as error:
        raise StorageUnavailable(f"object storage cannot be reached: {type(error).__name__}") from error


def _is_missing(error: MinioException) -> bool:
    """Whether the endpoint said that the key does not exist.

    rclone labels its error documents `text/xml`, which minio refuses to parse: then the code is only in the text.
    """
    if isinstance(error, S3Error):
        return error.code in ("NoSuchKey", "NoSuchObject")
    return isinstance(error, InvalidResponseError) and "<Code>NoSuchKey</Code>" in str(error)


async def _chunks(response: urllib3.BaseHTTPResponse) -> AsyncIterator[bytes]:
    try:
        while chunk := await _blocking(lambda: response.read(CHUNK)):
            yield chunk
    finally:
        response.close()
        response.release_conn()


def _check(expected: str, found: str) -> None:
    if expected != found:
        raise BlobCorrupt(f"object {expected} holds bytes with sha256 {found}")
