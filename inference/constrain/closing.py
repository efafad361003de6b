"""The shortest way to a valid end, for answers that would otherwise be cut in the middle.

A search over single bytes with a copy of the matcher: strings are closed first, then brackets, then the cheapest value
that is allowed. A greedy walk finds the end of nearly everything. Where it runs in circles, a walk that never takes the
same way twice from what looks like the same place gets out of them, and the circles are cut from its path. Where the
end that was found does not fit, other choices are tried at the places of the greedy walk, and kept where they help.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from llguidance import LLMatcher, LLTokenizer

PREFERRED = b"\"}]>,:.0123456789-+/@_=#!?ntfxaTZ bcdeghijklmopqrsuvwyzABCDEFGHIJKLMNOPQRSUVWXY<({[)|;&%$*~^'`\\\n\t"
OTHER_BYTES = bytes(sorted(set(range(256)) - set(PREFERRED)))
LONGEST = 1024  # bytes of a completion; beyond it the answer is cut instead
LEAST_TRIED = 128  # bytes that a search may take however little fits
SHORT_TRIED = 32  # bytes that the end behind one token may take however little fits
EFFORT = 8192  # bytes that all walks of one search may take together
DEVIATIONS = 24  # places of the greedy walk at which another byte is tried
CHOICES = 4  # other bytes tried at one place
SAME_BYTE = 3  # a byte chosen this often in a row gives way to the next in the order
UNKNOWN_PATTERN = 24  # bytes assumed for a string of which only a pattern is known
DEEPEST = 12  # levels of a schema that are looked at

Schema = Any  # JSON


class ByteTokens:
    """The tokens that stand for exactly one byte, in the order in which a completion prefers them."""

    def __init__(self, tokenizer: LLTokenizer) -> None:
        found: dict[int, int] = {}
        for token in range(tokenizer.vocab_size):
            if not tokenizer.is_special_token(token) and len(said := tokenizer.decode_bytes([token])) == 1:
                found.setdefault(said[0], token)
        self.ordered = [found[byte] for byte in PREFERRED + OTHER_BYTES if byte in found]
        self.marks = {found[byte] for byte in b'",:[]{}' if byte in found}
        self.closers_first = list(dict.fromkeys([found[byte] for byte in b"}]" if byte in found] + self.ordered))
        self.letter, self.space, self.quote = (found.get(ord(character)) for character in 'a "')
        self._by_byte = found

    def spell(self, text: bytes) -> list[int] | None:
        """A text byte by byte; None if a byte has no token of its own."""
        spelled = [self._by_byte.get(byte) for byte in text]
        return None if None in spelled else [token for token in spelled if token is not None]


def shortest(
    matcher: LLMatcher,
    tokenizer: LLTokenizer,
    tokens: ByteTokens,
    *,
    within: int = LONGEST,
    samples: Sequence[list[int]] = (),
) -> list[int] | None:
    """Tokens that lead from the matcher's state to a valid end, or None when none was found. The matcher stays.

    `within` is what fits: only when the first end found is longer are others looked for. `samples` are texts that may
    be all that is missing somewhere: what the patterns of a schema take.
    """
    places: dict[bytes, list[int]] = {}
    longest = min(LONGEST, max(LEAST_TRIED, 2 * within))
    best = _walk(matcher.deep_copy(), tokens, {}, longest, places, samples)
    best = _wander(matcher, tokens) if best is None else best
    habits: dict[bytes, int] = {}
    trials = EFFORT // (longest if best is None else max(len(best), 1))
    for place, other in islice(_others(places, tokens), trials):
        if best is not None and len(best) <= within:
            break
        tried = {**habits, place: other}
        most = longest if best is None else len(best) - 1
        found = _walk(matcher.deep_copy(), tokens, tried, most, samples=samples)
        if found is not None:
            best, habits = found, tried
    return None if best is None else _fewer(matcher, tokenizer, best)


def ways(
    matcher: LLMatcher,
    tokenizer: LLTokenizer,
    tokens: ByteTokens,
    candidates: Iterable[int],
    *,
    within: int,
    samples: Sequence[list[int]] = (),
) -> dict[int, list[int]]:
    """The candidates that may follow, with the end that the greedy walk finds behind each in `within` tokens."""
    found: dict[int, list[int]] = {}
    for token in candidates:
        there = matcher.deep_copy()
        if not there.consume_token(token):
            continue
        path = _walk(there.deep_copy(), tokens, {}, min(LONGEST, 4 * within + SHORT_TRIED), samples=samples)
        if path is not None and len(path := _fewer(there, tokenizer, path)) <= within:
            found[token] = path
    return found


def ends(matcher: LLMatcher, path: list[int]) -> bool:
    """Whether the path leads to a valid end."""
    there = matcher.deep_copy()
    return there.validate_tokens(path) == len(path) and there.consume_tokens(path) and there.is_accepting()


def largest_jump(schema: Schema) -> int:
    """How much one token can lengthen the way to a valid end, in bytes: the largest minimal value of any part."""
    if not isinstance(schema, dict):
        return 0
    parts = [part for part in _parts(schema) if part is not schema]
    return max((_size(part, schema, 0) + 8 for part in parts), default=0)


def _walk(
    here: LLMatcher,
    tokens: ByteTokens,
    habits: dict[bytes, int],
    longest: int,
    places: dict[bytes, list[int]] | None = None,
    samples: Sequence[list[int]] = (),
) -> list[int] | None:
    """The greedy completion, or None when it gets nowhere. `habits`: what to choose at a place instead of the first.

    A place is known by its mask. `places`, if given, is filled with the choices there were.
    """
    path: list[int] = []
    while not here.is_accepting():
        if len(path) > longest or here.is_error():
            return None
        follows = here.compute_ff_tokens()
        if not follows:
            place = here.compute_bitmask()
            choices = list(_allowed(place, tokens))
            if not choices:
                return None
            if places is not None:
                places.setdefault(place, choices)
            chosen = [habits.get(place, _untired(choices, path))]
            follows = _missing(here, tokens, samples, place) or chosen if samples else chosen
        if not here.consume_tokens(follows):
            return None
        path += follows
    return path if len(path) <= longest else None


def _missing(here: LLMatcher, tokens: ByteTokens, samples: Sequence[list[int]], place: bytes) -> list[int] | None:
    """The first sample behind which the answer, or the string it stands in, may end; it may not before."""
    closable = _holds(place, tokens.quote)
    for sample in samples:
        if here.validate_tokens(sample) < len(sample):
            continue
        there = here.deep_copy()
        there.consume_tokens(sample)
        if there.is_accepting() or (not closable and _holds(there.compute_bitmask(), tokens.quote)):
            return sample
    return None


def _holds(mask: bytes, token: int | None) -> bool:
    return token is not None and bool(mask[token >> 3] >> (token & 7) & 1)


def _untired(choices: list[int], path: list[int]) -> int:
    """The first choice, or the second where the first was taken too often in a row."""
    tired = len(path) >= SAME_BYTE and set(path[-SAME_BYTE:]) == {choices[0]}
    return choices[1] if tired and len(choices) > 1 else choices[0]


def _others(places: dict[bytes, list[int]], tokens: ByteTokens) -> Iterator[tuple[bytes, int]]:
    """Places of the greedy walk, in its order, with what else could be chosen there."""
    open_places = [(place, choices) for place, choices in places.items() if len(choices) > 1]
    for place, choices in open_places[:DEVIATIONS]:
        for other in [*choices[1 : 1 + CHOICES], *({tokens.letter} & set(choices[1 + CHOICES :]))]:
            assert other is not None
            yield place, other


def _wander(matcher: LLMatcher, tokens: ByteTokens) -> list[int] | None:
    """A completion that leaves every place by another byte each time. Two places with one mask count as the same."""
    here, path, places, taken = matcher.deep_copy(), list[int](), list[bytes](), dict[bytes, int]()
    while not here.is_accepting():
        place = here.compute_bitmask()
        choices = list(_allowed(place, tokens))
        if len(path) > LONGEST or not choices:
            return None
        turn = taken.get(place, 0)
        taken[place] = turn + 1
        path.append(choices[turn % len(choices)])
        places.append(place)
        if not here.consume_token(path[-1]):
            return None
        if path[-1] in tokens.marks and here.compute_bitmask() != place:
            taken.clear()  # a value has ended: the next one is another place, though it looks the same
    return _without_circles(matcher, path, places)


def _without_circles(matcher: LLMatcher, path: list[int], places: list[bytes]) -> list[int]:
    """The path without the rounds that lead back to a place, as far as it still leads to an end."""
    at = 0
    while at < len(path):
        for back in range(len(path) - 1, at, -1):
            if places[back] == places[at] and ends(matcher, path[:at] + path[back:]):
                path, places = path[:at] + path[back:], places[:at] + places[back:]
                break
        at += 1
    return path


def _allowed(mask: bytes, tokens: ByteTokens) -> Iterator[int]:
    """Allowed tokens of one byte; where there are none, as before a control token, the first that is allowed.

    Between values, where no letter may stand, brackets are closed before another text is opened.
    """
    found = False
    between = tokens.letter is not None and not _holds(mask, tokens.letter)
    for token in tokens.closers_first if between else tokens.ordered:
        if _holds(mask, token):
            found = True
            yield token
    bits = 0 if found else int.from_bytes(mask, "little")
    if bits:
        yield (bits & -bits).bit_length() - 1


def _fewer(matcher: LLMatcher, tokenizer: LLTokenizer, path: list[int]) -> list[int]:
    """The same bytes in fewer tokens, if the grammar takes them that way too."""
    packed = tokenizer.tokenize_bytes(tokenizer.decode_bytes(path))
    taken = matcher.validate_tokens(packed) == len(packed)
    return packed if taken and len(packed) < len(path) else path


def _parts(schema: Schema) -> Iterator[Schema]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from _parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _parts(value)


def _size(schema: Schema, root: Schema, depth: int) -> int:
    """Bytes of a small value of this schema: an upper bound of what the search finds, except for odd patterns."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return 4
    if "$ref" in schema:
        return _size(_resolve(str(schema["$ref"]), root), root, depth + 1)
    if "const" in schema:
        return _written(schema["const"])
    if isinstance(schema.get("enum"), list):
        return max(map(_written, schema["enum"]), default=4)
    choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    size = min((_size(choice, root, depth + 1) for choice in choices), default=0)
    size += sum(_size(part, root, depth + 1) for part in schema.get("allOf", ()))
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        size += _written(name) + 2 + _size(properties.get(name, {}), root, depth + 1)
    size += int(schema.get("minItems", 0)) * (_size(schema.get("items", {}), root, depth + 1) + 1)
    size += int(schema.get("minLength", 0)) + (UNKNOWN_PATTERN if "pattern" in schema or "format" in schema else 0)
    bounds = [_written(schema[key]) for key in ("minimum", "maximum", "multipleOf") if key in schema]
    return size + max(bounds, default=0) + 2


def _written(value: Schema) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def _resolve(pointer: str, root: Schema) -> Schema:
    found = root
    for step in pointer.removeprefix("#").strip("/").split("/"):
        found = found.get(step.replace("~1", "/").replace("~0", "~"), {}) if step and isinstance(found, dict) else found
    return found
