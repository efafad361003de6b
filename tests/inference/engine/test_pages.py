"""The page pool against a model that only knows what each page must hold."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from inference.engine.pages import SCRATCH, PagePool, root_key

SIZE = 2
PAGES = 7
CHUNK = st.tuples(st.integers(0, 1), st.integers(0, 1))


def _colliding(parent: int, tokens: tuple[int, ...]) -> int:
    return (parent * 31 + sum(tokens)) % 5


class _Holder:
    """A sequence in the model: what its pages must hold, and the keys of their chain."""

    def __init__(self, salt: str) -> None:
        self.salt = salt
        self.pages: list[int] = []
        self.content: list[tuple[int, ...]] = []
        self.key = root_key(salt)
        self.shared = 0


class Pool(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.pool = PagePool(PAGES, SIZE, _colliding)
        self.holders: list[_Holder] = []
        self.truth: dict[int, tuple[str, tuple[tuple[int, ...], ...]]] = {}

    @rule(salt=st.sampled_from(["", "other"]), chunks=st.lists(CHUNK, min_size=1, max_size=4))
    def arrive(self, salt: str, chunks: list[tuple[int, ...]]) -> None:
        holder = _Holder(salt)
        for index, chunk in enumerate(chunks):
            key = _colliding(holder.key, chunk)
            parent = holder.pages[-1] if holder.pages else SCRATCH
            found = self.pool.find(key, chunk, parent, salt) if holder.shared == index else None
            if found is not None:
                assert self.truth[found] == (salt, (*holder.content, chunk)), "found a page that holds something else"
                self.pool.hold(found)
                page = found
                holder.shared += 1
            else:
                before = self.pool.available
                fresh = self.pool.take(1)
                assert (fresh is None) == (before == 0)
                if fresh is None:
                    break
                (page,) = fresh
                assert all(page not in other.pages for other in [*self.holders, holder]), "gave a page that is held"
                self.truth[page] = (salt, (*holder.content, chunk))
                holder.pages.append(page)
                published = self.pool.publish(page, key, chunk, parent, salt) if holder.shared == index else None
                holder.pages.pop()
                if published is not None:
                    holder.shared += 1
                    page = published
            holder.pages.append(page)
            holder.content.append(chunk)
            holder.key = key
        self.holders.append(holder)

    @precondition(lambda self: self.holders)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        holder = self.holders.pop(data.draw(st.integers(0, len(self.holders) - 1)))
        self.pool.release(holder.pages)

    @rule(count=st.integers(0, PAGES))
    def take_and_give_back(self, count: int) -> None:
        before = self.pool.available
        pages = self.pool.take(count)
        assert (pages is None) == (count > before)
        if pages is not None:
            assert len(set(pages)) == count
            assert SCRATCH not in pages
            self.pool.release(pages)
        assert self.pool.available == before

    @invariant()
    def every_page_is_held_or_available(self) -> None:
        held = {page for holder in self.holders for page in holder.pages}
        assert self.pool.held == len(held)
        assert self.pool.available == PAGES - 1 - len(held)

    @invariant()
    def what_is_held_is_never_overwritten(self) -> None:
        for holder in self.holders:
            for index, page in enumerate(holder.pages):
                assert self.truth[page] == (holder.salt, tuple(holder.content[: index + 1]))


Pool.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestPool = Pool.TestCase


def _fill(pool: PagePool, chunks: list[tuple[int, ...]]) -> list[int]:
    pages: list[int] = []
    key = root_key("")
    for chunk in chunks:
        key = pool.digest(key, chunk)
        parent = pages[-1] if pages else SCRATCH
        found = pool.find(key, chunk, parent, "")
        if found is not None:
            pool.hold(found)
            pages.append(found)
            continue
        (page,) = pool.take(1) or [0]
        pages.append(pool.publish(page, key, chunk, parent, "") or 0)
    return pages


def test_the_longest_unused_leaf_goes_first_and_a_shared_beginning_last():
    pool = PagePool(7, 1)
    first = _fill(pool, [(1,), (2,), (3,)])
    second = _fill(pool, [(1,), (2,), (4,)])
    pool.release(first)
    pool.release(second)
    third = _fill(pool, [(9,), (8,)])
    assert pool.evictions == 0, "there were blank pages"
    pool.take(1)
    assert pool.evictions == 1
    assert pool.find(pool.digest(root_key(""), (1,)), (1,), SCRATCH, "") == first[0], "the beginning is still there"
    again = _fill(pool, [(1,), (2,), (4,)])
    assert again == second, "the leaf used last is still there"
    assert pool.held == 6
    assert len(set(third) | set(again)) == 5


def test_a_tenant_never_finds_the_page_of_another():
    pool = PagePool(4, 2)
    (page,) = pool.take(1) or [0]
    key = pool.digest(root_key("one"), (1, 2))
    assert pool.publish(page, key, (1, 2), SCRATCH, "one") == page
    assert pool.find(key, (1, 2), SCRATCH, "one") == page
    assert pool.find(key, (1, 2), SCRATCH, "two") is None
    assert pool.digest(root_key("two"), (1, 2)) != key
