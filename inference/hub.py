"""Downloads a checkpoint from a model hub over plain HTTP: goes on where it stopped, and checks what it got."""

import hashlib
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
from msgspec import Struct

WANTED = (".safetensors", ".json", ".txt", ".jinja")
OTHER_FORMATS = ("consolidated", "pytorch_model", "tf_model", "flax_model")
POOLING = re.compile(r"\d_[A-Za-z]+/config\.json")  # of an embedding model
ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
ATTEMPTS = 6  # in a row without a single new byte
WAIT_SECONDS = 1.0
CHUNK = 2**20

OnProgress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are there and all its bytes."""


class HubUnreachable(Exception):
    """The hub does not answer. What is there already stays; the same command goes on later."""


class HubRefused(Exception):
    """The hub answered, but will not or cannot give what was asked for."""


class RemoteFile(Struct, frozen=True):
    """One file of a checkpoint: its size and its hash, SHA-256 for large ones and git's for the rest."""

    name: str
    size: int
    sha256: str | None
    git: str | None


class Hub:
    """A model hub, or a mirror of one, with the paths of Hugging Face's."""

    def __init__(self, url: str, *, token: str = "", wait: float = WAIT_SECONDS, timeout: float = 30.0) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        limits = httpx2.Timeout(timeout, connect=5.0)
        self._http = httpx2.Client(base_url=url.rstrip("/"), headers=headers, timeout=limits, follow_redirects=True)
        self._url, self._wait = url, wait

    def download(self, name: str, into: Path, on_progress: OnProgress) -> Path:
        """The folder with the whole checkpoint. Raises `HubUnreachable` or `HubRefused`."""
        if not ID.fullmatch(name):
            raise HubRefused(f"{name!r} is no hub id; one looks like Qwen/Qwen3-0.6B")
        revision, files = self._files(name)
        folder = into / name.replace("/", "--")
        folder.mkdir(parents=True, exist_ok=True)
        missing = [file for file in files if not _is_whole(folder / file.name, file)]
        _require_room(folder, missing)
        for file in missing:
            self._fetch(f"/{name}/resolve/{revision}/{file.name}", file, folder, on_progress)
        return folder

    def _files(self, name: str) -> tuple[str, list[RemoteFile]]:
        try:
            response = self._http.get(f"/api/models/{name}", params={"blobs": "true"})
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error
        if response.status_code in (401, 403, 404):
            raise HubRefused(
                f"{self._url} has no {name} for us ({response.status_code}); a gated model needs AIXIV_HUB_TOKEN"
            )
        if response.status_code != 200:
            raise HubUnreachable(f"{self._url} answered {response.status_code}")
        try:
            listing = response.json()
            files = [_remote(entry) for entry in listing["siblings"] if _is_wanted(entry["rfilename"])]
            revision = str(listing["sha"])
        except (ValueError, KeyError, TypeError) as error:
            raise HubRefused(f"{self._url} answered something that is no list of files: {error!r}") from error
        if not any(file.name.endswith(".safetensors") for file in files):
            raise HubRefused(f"{name} holds no safetensors, and we read nothing else")
        return revision, files

    def _fetch(self, path: str, file: RemoteFile, folder: Path, on_progress: OnProgress) -> None:
        part = folder / f"{file.name}.part"
        part.parent.mkdir(exist_ok=True)
        idle = 0
        while (have := _size(part)) < file.size or not part.exists():
            try:
                for there in self._receive(path, file, part, have):
                    on_progress(file.name, there, file.size)
            except httpx2.HTTPError as error:
                idle = 0 if _size(part) > have else idle + 1
                if idle >= ATTEMPTS:
                    raise self._unreachable(error) from error
                time.sleep(self._wait)
        if not _is_whole(part, file):
            part.unlink()
            raise HubRefused(f"{file.name} arrived damaged and was thrown away; try again")
        part.replace(folder / file.name)

    def _receive(self, path: str, file: RemoteFile, part: Path, have: int) -> Iterator[int]:
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with self._http.stream("GET", path, headers=headers) as response:
            if response.status_code not in (200, 206):
                if response.status_code < 500 and response.status_code != 429:
                    raise HubRefused(f"{self._url} refuses {file.name} with {response.status_code}")
                raise httpx2.HTTPError(f"answered {response.status_code}")
            goes_on = response.status_code == 206
            there = have if goes_on else 0
            with part.open("ab" if goes_on else "wb") as out:
                for data in response.iter_bytes():  # as they come, so that a broken answer loses nothing
                    there += out.write(data)
                    yield there
            if there < file.size:
                raise httpx2.HTTPError(f"ended after {there} of {file.size} bytes")

    def _unreachable(self, error: httpx2.HTTPError) -> HubUnreachable:
        return HubUnreachable(
            f"{self._url} cannot be reached ({type(error).__name__}: {error}). Set AIXIV_HUB_URL to a mirror, or copy "
            "the checkpoint's folder here from a machine that has it and set AIXIV_MODEL to the folder. What has "
            "arrived is kept: the same command goes on from there"
        )


def _remote(entry: dict[str, Any]) -> RemoteFile:
    large = entry.get("lfs") or {}
    sha256 = large.get("sha256")
    return RemoteFile(entry["rfilename"], int(entry["size"]), sha256, None if sha256 else entry.get("blobId"))


def _is_wanted(name: str) -> bool:
    """Files of the top folder, and what says how texts are pooled; no hub can name a place outside of the folder."""
    if POOLING.fullmatch(name):
        return True
    return "/" not in name and "\\" not in name and name.endswith(WANTED) and not name.startswith((".", *OTHER_FORMATS))


def _is_whole(path: Path, file: RemoteFile) -> bool:
    if _size(path) != file.size or not path.exists():
        return False
    if file.sha256 is None and file.git is None:
        return True
    digest = hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    with path.open("rb") as data:
        while block := data.read(CHUNK):
            digest.update(block)
    return digest.hexdigest() == (file.sha256 or file.git)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _require_room(folder: Path, missing: list[RemoteFile]) -> None:
    needed = sum(file.size - _size(folder / f"{file.name}.part") for file in missing)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise HubRefused(f"{needed / 2**30:.1f} GiB are missing, and {folder} has room for {free / 2**30:.1f}")
