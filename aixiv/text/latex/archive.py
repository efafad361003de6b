"""Unpacking sources in memory, with bounds. Nothing is written to disk; no member is trusted to say its size."""

import gzip
import io
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from aixiv.text.failures import Unreadable
from aixiv.text.sniff import archive_kind

MOST_MEMBERS = 2_000
MOST_UNPACKED = 200 * 2**20  # bytes of all members together
MOST_RATIO = 200  # unpacked bytes for one packed, beyond a first free megabyte
FREE_BYTES = 2**20
DEEPEST_PATH = 12
CHUNK = 64 * 1024
TEXT_SUFFIXES = (".tex", ".ltx", ".bib", ".bbl", ".txt", ".sty", ".cls", ".def", ".md", "")
DAMAGED = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, NotImplementedError)

Sources = dict[str, bytes]  # relative path -> content of the text members


def unpack(path: Path, name: str) -> Sources:
    """The text members of an archive, or the single file itself under `name`."""
    with path.open("rb") as file:
        kind = archive_kind(file.read(512))
    packed = path.stat().st_size
    try:
        if kind == "zip":
            return _zip(path, packed)
        if kind == "gzip":
            return _gzip(path, packed, name)
        if kind == "tar":
            with tarfile.open(path, "r:") as archive:
                return _tar(archive, Budget(packed))
    except DAMAGED as error:
        raise Unreadable("damaged_file", "The archive is damaged and cannot be unpacked.") from error
    except (OSError, ValueError, RuntimeError) as error:
        raise Unreadable("damaged_file", f"The archive cannot be unpacked: {error}.") from error
    return {PurePosixPath(name).name or "main.tex": path.read_bytes()}


def _zip(path: Path, packed: int) -> Sources:
    budget = Budget(packed)
    found: Sources = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            name = safe_name(member.filename)
            budget.member(name)
            mode = member.external_attr >> 16
            if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise Unreadable("unsafe_archive_path", f"The archive holds a link or device: {name}.")
            if member.is_dir():
                continue
            if member.flag_bits & 1:
                raise Unreadable("damaged_file", f"The archive is protected by a password ({name}).")
            budget.claim(member.file_size)
            with archive.open(member) as stream:
                content = budget.read(stream, name)
            if content is not None:
                found[name] = content
    return found


def _gzip(path: Path, packed: int, name: str) -> Sources:
    """A gzip is a packed tar or one packed file; the bytes are counted while they come out."""
    budget = Budget(packed)
    with gzip.open(path, "rb") as stream:
        head = stream.read(512)
    if archive_kind(head) != "tar":
        with gzip.open(path, "rb") as stream:
            content = budget.read(stream, "main.tex")
        stem = PurePosixPath(name).name.removesuffix(".gz") or "main.tex"
        return {stem if stem.endswith((".tex", ".ltx")) else "main.tex": content or b""}
    with gzip.open(path, "rb") as stream:
        counted: Any = Counted(stream, budget)  # tarfile asks only for `read`
        with tarfile.open(fileobj=counted, mode="r|") as archive:
            return _tar(archive, budget, counted=True)


def _tar(archive: tarfile.TarFile, budget: "Budget", *, counted: bool = False) -> Sources:
    found: Sources = {}
    for member in archive:
        name = safe_name(member.name)
        budget.member(name)
        if member.isdir():
            continue
        if not member.isreg():
            raise Unreadable("unsafe_archive_path", f"The archive holds a link or device: {name}.")
        if not counted:
            budget.claim(member.size)
        stream = archive.extractfile(member)
        if stream is not None and is_text(name):
            found[name] = budget.take(stream)
    return found


def safe_name(name: str) -> str:
    """The member's relative path, or a refusal when it points outside the archive."""
    plain = name.replace("\\", "/")
    path = PurePosixPath(plain)
    escapes = path.is_absolute() or ".." in path.parts or (len(plain) > 1 and plain[1] == ":") or "\x00" in name
    if escapes:
        raise Unreadable("unsafe_archive_path", f"The archive holds a path that leads outside it: {name!r:.120}.")
    if len(path.parts) > DEEPEST_PATH:
        raise Unreadable("archive_bomb", "The archive holds folders nested too deeply.")
    return str(path)


def is_text(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in TEXT_SUFFIXES


class Budget:
    """Counts members and bytes that really come out, and stops at the bounds."""

    def __init__(self, packed: int) -> None:
        self.most = min(MOST_UNPACKED, FREE_BYTES + MOST_RATIO * packed)
        self.members = 0
        self.claimed = 0
        self.read_bytes = 0

    def member(self, name: str) -> None:
        self.members += 1
        if self.members > MOST_MEMBERS:
            raise Unreadable("archive_bomb", f"The archive holds more than {MOST_MEMBERS} files ({name}, ...).")

    def claim(self, size: int) -> None:
        """What the directory of the archive says; a lie is caught by `count`."""
        self.claimed += size
        if self.claimed > self.most:
            raise Unreadable("archive_bomb", "The archive would unpack to far more than it is.")

    def count(self, size: int) -> None:
        self.read_bytes += size
        if self.read_bytes > self.most:
            raise Unreadable("archive_bomb", "The archive unpacks to far more than it is.")

    def read(self, stream: "Readable", name: str) -> bytes | None:
        """Content of a text member; other members are counted by their claim and never unpacked."""
        if not is_text(name):
            return None
        out = io.BytesIO()
        while chunk := stream.read(CHUNK):
            self.count(len(chunk))
            out.write(chunk)
        return out.getvalue()

    def take(self, stream: "Readable") -> bytes:
        return b"".join(iter(lambda: stream.read(CHUNK), b""))


class Counted:
    """A stream that tells the budget about every byte it gives out."""

    def __init__(self, inner: "Readable", budget: Budget) -> None:
        self.inner = inner
        self.budget = budget

    def read(self, size: int = -1) -> bytes:
        chunk = self.inner.read(CHUNK if size < 0 else size)
        self.budget.count(len(chunk))
        return chunk


class Readable(Protocol):
    """All that unpacking asks of a stream."""

    def read(self, size: int = ..., /) -> bytes: ...
