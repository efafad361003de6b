"""Constraints by llguidance: JSON schemas, regular expressions, choices and Lark grammars over a model's vocabulary."""

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import torch
from llguidance import LLMatcher, LLTokenizer
from tokenizers import Tokenizer
from torch import Tensor

from inference.constrain.closing import LONGEST, ByteTokens, largest_jump, shortest
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
        self.content = self._content()

    def _content(self) -> Tensor:
        """A mask of the tokens that are nothing but content: no quote, bracket, escape or control character."""
        mask = bytearray(4 * self.words)
        for token in range(self.size):
            said = self.tokenizer.decode_bytes([token])
            special = self.tokenizer.is_special_token(token)
            if said and not special and not any(byte < 32 or byte in STRUCTURAL for byte in said):
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

    def mask(self, out: Tensor) -> bool:
        """The allowed tokens; near the end of the budget only those that do not make the end longer."""
        self._matcher.unsafe_compute_mask_ptr(out.data_ptr(), out.numel() * out.element_size())
        if self._plan:
            word, bit = divmod(self._plan[0], 32)
            out &= self._vocabulary.content if self._in_text() else 0
            out[word] |= 1 << bit if bit < 31 else -(1 << 31)
        return True

    def accept(self, token: int) -> None:
        """Go on with `token`. Raises `ValueError` when the mask did not allow it."""
        if not self._matcher.consume_token(token):
            raise ValueError(f"token {token} does not follow: {self._matcher.get_error()}")
        if self._plan is not None:
            self._plan = self._plan[1:] if self._plan[:1] == [token] else None

    def forced(self) -> list[int]:
        """Tokens that the grammar leaves no choice about."""
        return [] if self._matcher.is_stopped() else self._matcher.compute_ff_tokens()

    @property
    def done(self) -> bool:
        """Nothing may follow but the end."""
        return self._matcher.is_stopped()

    def closing(self, budget: int) -> list[int] | None:
        """The rest of the answer once only `budget` tokens are left and the end needs about as many."""
        if self.done or (self._check_at is not None and budget > self._check_at):
            return None
        plan = self._plan
        if plan is None:
            words = self._vocabulary
            within = budget if self._searches < MOST_SEARCHES else LONGEST
            plan = shortest(self._matcher, words.tokenizer, words.byte_tokens, within=within, samples=self._samples)
            self._searches += plan is None or len(plan) > budget
        hopeless = plan is not None and len(plan) > budget and self._searches >= MOST_SEARCHES
        if plan is None or hopeless:  # no way was found that fits; ask again when half of the rest is used up
            self._check_at = budget // 2
            return None
        spare = budget - len(plan) - self._jump - SLACK
        if spare > 0:  # every token can lengthen the end by one jump, and costs one itself
            self._check_at = budget - spare // (self._jump + 1) - 1
            return None
        self._check_at, self._plan = budget, plan
        return plan if plan and len(plan) + SLACK >= budget and len(plan) <= budget else None

    def fork(self) -> Self:
        """An independent copy."""
        copy = type(self)(self._matcher.deep_copy(), self._vocabulary, self._jump, self._samples)
        copy._check_at, copy._searches = self._check_at, self._searches
        copy._plan = self._plan and list(self._plan)
        return copy

    def _in_text(self) -> bool:
        """Whether words may follow without changing what closes the answer."""
        tokens = self._vocabulary.byte_tokens
        probe = [token for token in (tokens.letter, tokens.space, tokens.letter) if token is not None]
        return self._matcher.validate_tokens(probe) == len(probe)


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
    if matcher.is_error():
        raise BadGrammar(matcher.get_error())
    samples = _samples(kind, source, inside, vocabulary.byte_tokens)
    return GuidedConstraint(matcher, vocabulary, known if jump is None else jump, samples)


def _samples(kind: Kind, source: Source, inside: Sequence[Any], tokens: ByteTokens) -> list[list[int]]:
    """What the patterns of an answer take, the shortest first."""
    if kind == "regex":
        found = [sample(str(source))]
        texts = [text.encode() for text in found if text]
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
    return LLMatcher.grammar_from_lark(f"start: {rule}\n"), max(len(one.encode()) for one in source)


def _plain(tokenizer: Tokenizer) -> str:
    """The tokenizer's file without padding and truncation, which have no meaning here."""
    kept: dict[str, Any] = json.loads(tokenizer.to_str())
    return json.dumps({**kept, "padding": None, "truncation": None})
