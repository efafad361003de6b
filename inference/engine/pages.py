"""Which page of the KV pool holds what: pages of equal size, shared between sequences with an equal beginning.

A complete page may be published under a key, the hash of everything up to its end. A later sequence with the same
beginning finds it there and need not compute it again. A published page that nobody holds stays findable until its room
is needed. Only numbers live here; the tensors are the runner's.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

SCRATCH = 0
"""The page nobody owns: padding writes to it, and it is the parent of every first page."""


def chain_key(parent: int, tokens: tuple[int, ...]) -> int:
    """The key of a page after the page with key `parent`. Equal keys prove nothing: a lookup compares the tokens."""
    return hash((parent, tokens))


def root_key(salt: str) -> int:
    """What the chain of a tenant starts from, so that tenants cannot see each other's pages."""
    return hash(("page", salt))


@dataclass(slots=True)
class _Page:
    holders: int = 0
    key: int | None = None
    tokens: tuple[int, ...] = ()
    parent: int = SCRATCH
    salt: str = ""


class PagePool:
    """Pages 1 to `pages - 1`; page 0 is scratch.

    Whoever holds a published page also holds the page before it, and lets go from the end. Hence of two unheld pages of
    one chain the later was always let go first, and taking the longest unheld page takes a leaf: a beginning never goes
    before what builds on it.
    """

    def __init__(self, pages: int, page_size: int, digest: Callable[[int, tuple[int, ...]], int] = chain_key) -> None:
        if pages < 2 or page_size < 1:
            raise ValueError("a pool needs one page beside the scratch page, and a page one token")
        self.page_size = page_size
        self.total = pages - 1
        self.evictions = 0
        self.digest = digest
        self._pages = [_Page() for _ in range(pages)]
        self._blank = deque(range(1, pages))
        self._unheld: OrderedDict[int, None] = OrderedDict()
        self._by_key: dict[int, int] = {}

    @property
    def available(self) -> int:
        """Pages `take` could give now."""
        return len(self._blank) + len(self._unheld)

    @property
    def held(self) -> int:
        """Pages some sequence holds."""
        return self.total - self.available

    @property
    def reusable(self) -> int:
        """Published pages nobody holds."""
        return len(self._unheld)

    def take(self, count: int) -> list[int] | None:
        """`count` pages for the caller alone, at need the longest unused ones; or None, and nothing changed."""
        if count > self.available:
            return None
        taken = []
        for _ in range(count):
            number = self._blank.popleft() if self._blank else self._evict()
            self._pages[number].holders = 1
            taken.append(number)
        return taken

    def find(self, key: int, tokens: tuple[int, ...], parent: int, salt: str) -> int | None:
        """The published page with these tokens after `parent`, a page the caller holds or SCRATCH."""
        number = self._by_key.get(key)
        if number is None:
            return None
        page = self._pages[number]
        same = page.tokens == tokens and page.parent == parent and page.salt == salt
        return number if same else None

    def free_to_share(self, key: int) -> bool:
        """Whether a page under this key is held already, so that sharing it takes nothing from `available`."""
        number = self._by_key.get(key)
        return number is not None and self._pages[number].holders > 0

    def hold(self, number: int) -> None:
        """One more holder of a page that `find` gave."""
        page = self._pages[number]
        if page.holders == 0:
            del self._unheld[number]
        page.holders += 1

    def release(self, numbers: Sequence[int]) -> None:
        """Let go of a sequence's pages, given in their order."""
        for number in reversed(numbers):
            page = self._pages[number]
            assert page.holders > 0, f"page {number} is let go twice"
            page.holders -= 1
            if page.holders:
                continue
            if page.key is None:
                self._blank.append(number)
            else:
                self._unheld[number] = None

    def publish(self, number: int, key: int, tokens: tuple[int, ...], parent: int, salt: str) -> int | None:
        """Let others find a complete page. Gives the page to use from now on: the one with the same content if another
        was faster, and then `number` is let go. None if the key means something else, and the page stays private."""
        if key in self._by_key:
            found = self.find(key, tokens, parent, salt)
            if found is not None and found != number:
                self.hold(found)
                self.release([number])
            return found
        page = self._pages[number]
        page.key, page.tokens, page.parent, page.salt = key, tokens, parent, salt
        self._by_key[key] = number
        return number

    def _evict(self) -> int:
        number, _ = self._unheld.popitem(last=False)
        page = self._pages[number]
        assert page.key is not None
        del self._by_key[page.key]
        self._pages[number] = _Page()
        self.evictions += 1
        return number
