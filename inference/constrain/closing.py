"""The shortest way to a valid end, for answers that would otherwise be cut in the middle.

A search over single bytes with a copy of the matcher: strings are closed first, then brackets, then the cheapest value
that is allowed. A greedy walk finds the end of nearly everything; where it runs in circles (a repetition that it would
extend for ever), a few walks that differ from it at one place are tried.
"""

import json
from collections.abc import Iterator
from typing import Any

from llguidance import LLMatcher, LLTokenizer

PREFERRED = b"\"}]>,:.0123456789-+/@_=#!?ntfxaTZ bcdeghijklmopqrsuvwyzABCDEFGHIJKLMNOPQRSUVWXY<({[)|;&%$*~^'`\\\n\t"
OTHER_BYTES = bytes(sorted(set(range(256)) - set(PREFERRED)))
LONGEST = 1024  # bytes of a completion; beyond it the answer is cut instead
DEVIATIONS = 12  # places of the greedy walk at which another byte is tried
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
        self.letter, self.space = found.get(ord("a")), found.get(ord(" "))


def shortest(matcher: LLMatcher, tokenizer: LLTokenizer, tokens: ByteTokens) -> list[int] | None:
    """Tokens that lead from the matcher's state to a valid end, or None when none was found. The matcher stays."""
    walked = _walk(matcher.deep_copy(), tokens, [])
    if walked is None:
        for prefix in _deviations(matcher, tokens):
            walked = _walk(matcher.deep_copy(), tokens, prefix)
            if walked is not None:
                break
    return None if walked is None else _fewer(matcher, tokenizer, walked)


def largest_jump(schema: Schema) -> int:
    """How much one token can lengthen the way to a valid end, in bytes: the largest minimal value of any part."""
    if not isinstance(schema, dict):
        return 0
    parts = [part for part in _parts(schema) if part is not schema]
    return max((_size(part, schema, 0) + 8 for part in parts), default=0)


def _walk(matcher: LLMatcher, tokens: ByteTokens, prefix: list[int]) -> list[int] | None:
    """The greedy completion after `prefix`, or None when it gets nowhere."""
    if prefix and not matcher.consume_tokens(prefix):
        return None
    path = list(prefix)
    while not matcher.is_accepting():
        if len(path) > LONGEST or matcher.is_error():
            return None
        follows = matcher.compute_ff_tokens() or [_first_allowed(matcher, tokens, path)]
        if follows[0] < 0 or not matcher.consume_tokens(follows):
            return None
        path += follows
    return path


def _first_allowed(matcher: LLMatcher, tokens: ByteTokens, path: list[int]) -> int:
    tired = path[-1] if len(path) >= SAME_BYTE and len(set(path[-SAME_BYTE:])) == 1 else -1
    allowed = _allowed(matcher, tokens)
    first = next(allowed, -1)
    return next(allowed, first) if first == tired else first


def _allowed(matcher: LLMatcher, tokens: ByteTokens) -> Iterator[int]:
    """Allowed tokens of one byte; where there are none, as before a control token, the first that is allowed."""
    mask = matcher.compute_bitmask()
    found = False
    for token in tokens.ordered:
        if mask[token >> 3] >> (token & 7) & 1:
            found = True
            yield token
    bits = 0 if found else int.from_bytes(mask, "little")
    if bits:
        yield (bits & -bits).bit_length() - 1


def _deviations(matcher: LLMatcher, tokens: ByteTokens) -> Iterator[list[int]]:
    """Ways that leave the greedy walk at its first, second, ... free choice."""
    here, path = matcher.deep_copy(), list[int]()
    for _ in range(DEVIATIONS):
        if forced := here.compute_ff_tokens():
            here.consume_tokens(forced)
            path += forced
            continue
        choices = list(_allowed(here, tokens))
        if not choices:
            return
        for other in choices[1 : 1 + CHOICES]:
            yield [*path, other]
        here.consume_token(choices[0])
        path.append(choices[0])


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
