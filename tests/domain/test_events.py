"""The hash of an event covers all of it and everything before it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from aixiv.domain.events import GENESIS, Event, Tag, chain_hash

START = datetime(2026, 1, 1, tzinfo=UTC)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
logged = st.builds(
    Event,
    tag=st.sampled_from(list(Tag)),
    actor=st.text(max_size=10),
    at=st.integers(0, 10**15).map(lambda micros: START + timedelta(microseconds=micros)),
    paper_id=st.none() | st.uuids(),
    version_id=st.none() | st.uuids(),
    data=st.dictionaries(st.text(max_size=5), plain, max_size=3),
)


def _chain(several: list[Event]) -> list[str]:
    hashes = [GENESIS]
    for event in several:
        hashes.append(chain_hash(event, hashes[-1]))
    return hashes[1:]


@given(st.lists(logged, min_size=2, max_size=6), st.data())
def test_every_hash_from_a_changed_event_on_is_another(several: list[Event], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(several) - 1))
    old = several[place]
    changes: list[dict[str, Any]] = [
        {"actor": old.actor + "x"},
        {"at": old.at + timedelta(microseconds=1)},
        {"data": {**old.data, "added": 1}},
        {"paper_id": None if old.paper_id else UUID(int=1)},
        {"version_id": None if old.version_id else UUID(int=1)},
        {"tag": next(tag for tag in Tag if tag is not old.tag)},
    ]
    changed = list(several)
    changed[place] = msgspec.structs.replace(old, **data.draw(st.sampled_from(changes)))
    before, after = _chain(several), _chain(changed)
    assert before[:place] == after[:place]
    assert all(a != b for a, b in zip(before[place:], after[place:], strict=True))


@given(st.lists(logged, min_size=2, max_size=6, unique_by=lambda event: chain_hash(event, GENESIS)))
def test_leaving_out_or_swapping_events_changes_the_end(several: list[Event]) -> None:
    end = _chain(several)[-1]
    assert _chain(several[1:])[-1] != end
    assert _chain([several[1], several[0], *several[2:]])[-1] != end


@given(logged)
def test_the_order_of_keys_does_not_matter(event: Event) -> None:
    turned = msgspec.structs.replace(event, data=dict(reversed(event.data.items())))
    assert chain_hash(turned, GENESIS) == chain_hash(event, GENESIS)
