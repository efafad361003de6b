"""Objects of a PDF as pypdf hands them out: references followed, texts decoded, trees walked once and within bounds."""

import codecs
import contextlib
import struct
import zlib
from collections.abc import Iterator
from typing import TypeVar

from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NullObject, StreamObject

from aixiv.text.bounds import Gathered

MOST_NODES = 500_000  # of one tree: a tagged paper of a hundred pages has some ten thousand
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark begins this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
Kind = TypeVar("Kind")
LEAST_PACKED = 16  # bytes; fewer may be nothing, packed
BROKEN = (  # what pypdf raises over a file that is not as it should be
    PyPdfError,
    DependencyError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    OSError,
    zlib.error,
    struct.error,
)


@contextlib.contextmanager
def reading(into: Gathered, what: str) -> Iterator[None]:
    """What breaks inside loses only itself, and is told."""
    try:
        yield
    except BROKEN as error:
        into.miss(f"{what}: could not be read ({type(error).__name__})")


def named(holder: DictionaryObject, key: str, kind: type[Kind], into: Gathered, page: int | None = None) -> Kind | None:
    """What a dictionary names so; a reference that leads nowhere, or to another kind of thing, is told."""
    value = holder.get(key)
    found = resolved(value)
    where = f"{key.lstrip('/')} of page {page}" if page else key.lstrip("/")
    if found is None:
        if isinstance(value, IndirectObject):
            into.miss(f"{where}: the file points at a place where nothing is")
        return None
    if not isinstance(found, kind):
        into.miss(f"{where}: not what stands there in a PDF ({type(found).__name__})")
        return None
    return found


def resolved(value: object) -> object:
    """The object itself, where `value` may be a reference to it; a reference to nothing is None."""
    found = value.get_object() if isinstance(value, IndirectObject) else value
    return None if isinstance(found, NullObject) else found


def members(value: object) -> Iterator[object]:
    """Members of a list, or the one object that stands where a list should."""
    found = resolved(value)
    if isinstance(found, ArrayObject):
        yield from found
    elif found is not None:
        yield found


def text_of(value: object) -> str:
    """What a string, a stream or a list of these says."""
    if isinstance(value, StreamObject):
        return decoded(content_of(value))
    if isinstance(value, ArrayObject):
        return "\n".join(text_of(resolved(part)) for part in value)
    if isinstance(value, bytes):
        return decoded(value)
    return "" if value is None else str(value)


def content_of(stream: StreamObject) -> bytes:
    """Bytes of a stream; raises where they cannot be unpacked, also where pypdf would make nothing of them."""
    content = stream.get_data()
    if not content and len(stream._data) > LEAST_PACKED:
        raise ValueError("a stream with bytes unpacks to nothing")
    return content


def decoded(content: bytes) -> str:
    """Text of bytes: what their mark says, UTF-16 where every other byte is zero, UTF-8 otherwise."""
    for mark, name in MARKS:
        if content.startswith(mark):
            return content.decode(name, "replace")
    head = content[:200]
    for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(zeros) > 1 and zeros.count(0) > 0.9 * len(zeros):
            return content.decode(name, "replace")
    return content.decode("utf-8", "replace")


class Walk:
    """Dictionaries of a tree, each once, however its references run; what comes after one is asked for with `then`."""

    def __init__(self, start: object, into: Gathered, what: str) -> None:
        self.waiting = [start]
        self.into = into
        self.what = what
        self.seen: dict[int, object] = {}  # kept alive: an id is told apart only as long as its object lives

    def __iter__(self) -> Iterator[DictionaryObject]:
        while self.waiting:
            if len(self.seen) >= MOST_NODES:
                self.into.miss(f"{self.what}: more than {MOST_NODES:,} entries, the rest was not read")
                return
            node = None
            with reading(self.into, f"an entry of {self.what}"):
                node = resolved(self.waiting.pop())
            if not isinstance(node, ArrayObject | DictionaryObject) or id(node) in self.seen:
                continue
            self.seen[id(node)] = node
            if isinstance(node, ArrayObject):
                self.waiting += reversed(node)
            else:
                yield node

    def then(self, *values: object) -> None:
        """Go on here, the last one first."""
        self.waiting += values
