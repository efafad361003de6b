"""Constraints by llguidance: JSON schemas, regular expressions, choices and Lark grammars over a model's vocabulary."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import torch
from llguidance import LLMatcher, LLTokenizer
from tokenizers import Tokenizer
from torch import Tensor

from inference.constrain.closing import LONGEST, ByteTokens, ends, largest_jump, shortest, ways
from inference.constrain.patterns import in_json, patterns_in, sample

if TYPE_CHECKING:
    from llguidance._lib import JsonCompileOptions

Kind = Literal["json_schema", "json_object", "regex", "choice", "lark"]
Source = str | dict[str, Any] | Sequence[str]

# nothing but the value, so that no answer ends in endless blanks
COMPACT: "JsonCompileOptions" = {"whitespace_flexible": False}
SLACK = 8  # tokens kept in hand, for content whose end turns out a little longer than its beginning promised
UNKNOWN_JUMP = 16  # tokens by which one token may lengthen the end of a grammar we cannot measure
MOST_SEARCHES = 4  # for an end that fits; after that the answer is taken for one that cannot be closed
MOST_TRIED = 256  # tokens tried one by one near the end of a budget, times the length of the way to the end
MOST_ENDINGS = 64  # of a sample: what may be missing once a part of it is said
STRUCTURAL = b'"\\{}[]<>:,'


class BadGrammar(ValueError):
    """The schema or grammar cannot be used; the text says why."""


class Vocabulary:
    """A model's tokens as the constraints see them. Making one takes up to two seconds for 150,000 tokens."""

    def __init__(self, tokenizer: Tokenizer, size: int, eos_ids: Collection[int]) -> None:
        self.size = size
        self.words = (size + 31) // 32  # of 32 bits, in a mask
        self.tokenizer = LLTokenizer(_plain(tokenizer), n_vocab=size, eos_token=sorted(eos_ids))
        self.byte_tokens = ByteTokens(self.tokenizer)
        self.ends = self._mask(eos_ids)
        self.content = self._mask(filter(self._is_content, range(size)))
        special = filter(self.tokenizer.is_special_token, range(size))
        self.single = self._mask([*self.byte_tokens.ordered, *special])
        """Tokens of one byte, and control tokens: with them everything can be said."""

    def _is_content(self, token: int) -> bool:
        """Whether it is nothing but content: no quote, bracket, escape or control character."""
        said = self.tokenizer.decode_bytes([token])
        special = self.tokenizer.is_special_token(token)
        return bool(said) and not special and not any(byte < 32 or byte in STRUCTURAL for byte in said)

    def _mask(self, tokens: Iterable[int]) -> Tensor:
        mask = bytearray(4 * self.words)
        for token in tokens:
            mask[token >> 3] |= 1 << (token & 7)
        return torch.frombuffer(mask, dtype=torch.int32)


class GuidedConstraint:
    """One sequence's place in a grammar. See `inference.constrain.base.Constraint`."""

    def __init__(
        self, matcher: LLMatcher, vocabulary: Vocabulary, jump: int, samples: Sequence[list[int]] = ()
    ) -> None:
        self._matcher = matcher
        self._vocabulary = vocabulary
        self._jump = jump
        self._samples = samples
        self._check_at: int | None = None  # the budget from which on the way to the end is measured again
        self._searches = 0  # that found nothing that fits
        self._plan: list[int] | None = None  # a way to the end from here, while the budget is nearly used up
        self._others: dict[int, list[int]] = {}  # further tokens that may come next, with the way behind each
        self._calls: dict[int, list[int]] | None = None  # what `_others` was at the first place in plain text

    def mask(self, out: Tensor) -> bool:
        """The allowed tokens; near the end of the budget only those behind which a valid end still fits."""
        self._write_mask(out)
        if self._plan is not None:
            out &= self._vocabulary.ends | (self._vocabulary.content if self._in_text() else 0)
            for token in (*self._plan[:1], *self._others):
                word, bit = divmod(token, 32)
                out[word] |= 1 << bit if bit < 31 else -(1 << 31)
        return True

    def accept(self, token: int) -> None:
        """Go on with `token`. Raises `ValueError` when the mask did not allow it."""
        if not self._matcher.consume_token(token):
            raise ValueError(f"token {token} does not follow: {self._matcher.get_error()}")
        if self._plan is not None:
            self._plan = self._plan[1:] if self._plan[:1] == [token] else self._others.get(token)
            self._others = {}

    def forced(self) -> list[int]:
        """Tokens that the grammar leaves no choice about, unless a way is known that says them in others."""
        found = [] if self.done else self._matcher.compute_ff_tokens()
        return [] if self._plan is not None and self._plan[: len(found)] != found else found

    @property
    def done(self) -> bool:
        """Nothing may follow but the end. Raises `ValueError` where a grammar has led into a dead end or beyond what
        the matcher bears: it calls itself stopped then, but the answer is not whole."""
        self._require_sound()
        return self._matcher.is_stopped()

    @property
    def complete(self) -> bool:
        """Nothing is missing, and it is no text that was cut."""
        return self._plan == [] and not self._in_text()

    def closing(self, budget: int) -> list[int] | None:
        """The rest of the answer once only `budget` tokens are left and words would make its end too long.

        Where few tokens may follow, as in a choice, nothing is written here: `mask` leaves those that fit.
        """
        if self.done or (self._check_at is not None and budget > self._check_at):
            return None
        plan = self._plan
        if plan is None or not ends(self._matcher, plan):
            words = self._vocabulary
            within = budget if self._searches < MOST_SEARCHES else LONGEST
            plan = shortest(self._matcher, words.tokenizer, words.byte_tokens, within=within, samples=self._samples)
            self._searches += plan is None or len(plan) > budget
        hopeless = plan is not None and len(plan) > budget and self._searches >= MOST_SEARCHES
        if plan is None or hopeless:  # no way was found that fits; ask again when half of the rest is used up
            self._check_at, self._plan = budget // 2, None
            return None
        spare = budget - len(plan) - self._jump - SLACK
        if spare > 0:  # every token can lengthen the end by one jump, and costs one itself
            self._check_at, self._plan = budget - spare // (self._jump + 1) - 1, None
            return None
        self._check_at, self._plan = budget, plan
        in_text = self._in_text()
        self._others = self._fitting(plan, budget - 1, in_text)
        return plan if plan and in_text and len(plan) + SLACK >= budget and len(plan) <= budget else None

    def fork(self) -> Self:
        """An independent copy."""
        copy = type(self)(self._matcher.deep_copy(), self._vocabulary, self._jump, self._samples)
        copy._check_at, copy._searches = self._check_at, self._searches
        copy._plan = self._plan and list(self._plan)
        copy._others, copy._calls = dict(self._others), self._calls
        return copy

    def _fitting(self, plan: list[int], within: int, in_text: bool) -> dict[int, list[int]]:
        """Tokens other than the plan's that leave room for an end. All that may follow are tried where they are few.

        In a text that may end anywhere those are tried that are no words, because a call could begin with them; in
        any other text none, because words are what it is for.
        """
        words, matcher = self._vocabulary, self._matcher
        if in_text and plan:
            return {}
        if in_text and self._calls is not None:
            known = self._calls.items()
            return {token: way for token, way in known if len(way) <= within and ends(matcher, [token, *way])}
        allowed = torch.zeros(words.words, dtype=torch.int32)
        self._write_mask(allowed)
        allowed &= ~words.ends
        candidates = _tokens(allowed & words.single & ~words.content if in_text else allowed)
        most = MOST_TRIED // (len(plan) + 1)
        if len(candidates) > most:
            candidates = _tokens(allowed & words.single)[:most]
        candidates = [token for token in candidates if token not in plan[:1]]
        found = ways(matcher, words.tokenizer, words.byte_tokens, candidates, within=within, samples=self._samples)
        if in_text:
            self._calls = found
        return found

    def _write_mask(self, out: Tensor) -> None:
        self._matcher.unsafe_compute_mask_ptr(out.data_ptr(), out.numel() * out.element_size())
        self._require_sound()  # else only the end would be left

    def _require_sound(self) -> None:
        if self._matcher.is_error():
            raise ValueError(_first_line(self._matcher))

    def _in_text(self) -> bool:
        """Whether words may follow without changing what closes the answer."""
        tokens = self._vocabulary.byte_tokens
        probe = [token for token in (tokens.letter, tokens.space, tokens.letter) if token is not None]
        return self._matcher.validate_tokens(probe) == len(probe)


def _first_line(matcher: LLMatcher) -> str:
    return matcher.get_error().splitlines()[0]


def _tokens(mask: Tensor) -> list[int]:
    """The numbers of the tokens in a mask."""
    bits = mask.unsqueeze(1) >> torch.arange(32, dtype=torch.int32) & 1
    return bits.flatten().nonzero().flatten().tolist()


def compile(  # noqa: A001
    kind: Kind, source: Source, vocabulary: Vocabulary, *, jump: int | None = None, inside: Sequence[Any] = ()
) -> GuidedConstraint:
    """A constraint at the beginning of an answer. Raises `BadGrammar`.

    `jump` bounds by how many tokens one token can lengthen the shortest end; by default it is found in the schema.
    `inside`: the JSON schemas that a Lark grammar holds.
    """
    grammar, known = _grammar(kind, source)
    failed, said = LLMatcher.validate_grammar_with_warnings(grammar, vocabulary.tokenizer)
    if failed:
        raise BadGrammar(said[0].splitlines()[0] if kind != "regex" else " ".join(said[0].split()))
    matcher = LLMatcher(vocabulary.tokenizer, grammar, log_level=0)
    ahead = matcher.deep_copy()
    if not matcher.is_error() and ahead.consume_tokens(ahead.compute_ff_tokens()) and not ahead.is_stopped():
        ahead.compute_bitmask()
    for one in (matcher, ahead):
        if one.is_error():
            raise BadGrammar(f"no answer can follow it: {_first_line(one)}")
    samples = _samples(kind, source, inside, vocabulary.byte_tokens)
    return GuidedConstraint(matcher, vocabulary, known if jump is None else jump, samples)


def _samples(kind: Kind, source: Source, inside: Sequence[Any], tokens: ByteTokens) -> list[list[int]]:
    """What the patterns of an answer take, the shortest first; of a regular expression also what its end takes."""
    if kind == "regex":
        whole = sample(str(source)) or ""
        texts = [whole[place:].encode() for place in range(min(len(whole), MOST_ENDINGS))]
    else:
        patterns = set(patterns_in([source, *inside]))
        texts = [in_json(text) for text in map(sample, patterns) if text]
    spelled = [tokens.spell(text) for text in sorted(texts, key=lambda text: (len(text), text))]
    return [one for one in spelled if one is not None]


def _grammar(kind: Kind, source: Source) -> tuple[str, int]:
    """The grammar in llguidance's words, and how far one token can push the end away."""
    if kind == "json_object":
        return LLMatcher.grammar_from_json_schema({"type": "object"}, overrides=COMPACT), 8
    if kind == "json_schema":
        if not isinstance(source, dict):
            raise BadGrammar("a JSON schema is an object")
        try:
            return LLMatcher.grammar_from_json_schema(source, overrides=COMPACT), largest_jump(source)
        except (ValueError, TypeError) as error:
            raise BadGrammar(str(error)) from error
    if kind == "choice":
        return _choice(source)
    if not isinstance(source, str) or not source:
        raise BadGrammar(f"a {kind} is a text that is not empty")
    made = LLMatcher.grammar_from_regex(source) if kind == "regex" else LLMatcher.grammar_from_lark(source)
    return made, UNKNOWN_JUMP


def _choice(source: Source) -> tuple[str, int]:
    if not isinstance(source, list | tuple) or not source or not all(isinstance(s, str) and s for s in source):
        raise BadGrammar("a choice is a list of texts, none of them empty")
    rule = " | ".join(json.dumps(one, ensure_ascii=False) for one in source)
    return LLMatcher.grammar_from_lark(f"start: ONE\nONE: {rule}\n"), max(len(one.encode()) for one in source)


def _plain(tokenizer: Tokenizer) -> str:
    """The tokenizer's file without padding and truncation, which have no meaning here."""
    kept: dict[str, Any] = json.loads(tokenizer.to_str())
    return json.dumps({**kept, "padding": None, "truncation": None})
