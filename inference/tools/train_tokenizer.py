"""Trains a byte-level BPE tokenizer with a chat template: `python -m inference.tools.train_tokenizer FOLDER [TEXT...]`.

Every byte has a token, so that any text can be read and any token sequence decodes. Without texts it learns from a
small made-up corpus of scholarly English, which is enough for tests and for benchmarks of speed.
"""

import argparse
import itertools
import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

PADDING, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIAL = (PADDING, START, END, "<think>", "</think>", "<tool_call>", "</tool_call>")

# Words, single digits, punctuation and spaces apart, as Qwen's and Llama's tokenizers cut before merging.
PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

CHAT_TEMPLATE = """\
{%- if tools %}{{ '<|im_start|>system\\n' }}
{%- if messages and messages[0].role == 'system' %}{{ messages[0].content + '\\n\\n' }}{% endif %}
{{- 'Functions you may call, one JSON schema a line:\\n' }}
{%- for tool in tools %}{{ tool | tojson }}{{ '\\n' }}{% endfor %}
{{- 'Call one as <tool_call>{"name": ..., "arguments": {...}}</tool_call>.<|im_end|>\\n' }}{% endif %}
{%- for message in messages %}
{%- if not (tools and loop.first and message.role == 'system') %}
{{- '<|im_start|>' + message.role + '\\n' + (message.content or '') }}
{%- for call in message.tool_calls or [] %}
{{- '<tool_call>' }}{{ {'name': call.function.name, 'arguments': call.function.arguments} | tojson }}
{{- '</tool_call>' }}
{%- endfor %}{{ '<|im_end|>\\n' }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}
{%- if enable_thinking is defined and not enable_thinking %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}{% endif %}"""

SUBJECTS = [
    "the method",
    "our model",
    "this baseline",
    "the estimator",
    "a reviewer",
    "the proof",
    "every ablation",
    "the dataset",
]
VERBS = [
    "improves",
    "fails to explain",
    "depends on",
    "is compared with",
    "contradicts",
    "reproduces",
    "measures",
    "assumes",
]
OBJECTS = [
    "the reported accuracy",
    "a stronger baseline",
    "prior work",
    "the main claim",
    "table 3",
    "our appendix",
    "noise",
]
ENDINGS = ["", ", however", " in section 4.2", " (p < 0.05)", " by 12.5 %", " as expected", " [7]", '": {"score": 6}']


def train(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """A tokenizer of at most `vocabulary` tokens, special ones included; fewer when the texts offer no more merges."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=max(vocabulary, 256 + len(SPECIAL)),
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def corpus(sentences: int = 2000, seed: int = 0) -> Iterator[str]:
    """Made-up sentences, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - text for tests, no secret
    for number in itertools.islice(itertools.count(1), sentences):
        parts = (chance.choice(words) for words in (SUBJECTS, VERBS, OBJECTS))
        yield f"{number}. {' '.join(parts).capitalize()}{chance.choice(ENDINGS)}.\n"


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Write tokenizer.json and tokenizer_config.json, the template inside, as checkpoints on a hub have them."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": None,
        "eos_token": END,
        "pad_token": PADDING,
        "chat_template": CHAT_TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("texts", type=Path, nargs="*", help="UTF-8 files to learn from")
    parser.add_argument("--vocabulary", type=int, default=1024)
    given = parser.parse_args()
    texts = (path.read_text(encoding="utf-8") for path in given.texts) if given.texts else corpus()
    tokenizer = train(texts, given.vocabulary)
    save(tokenizer, given.folder)
    print(f"{tokenizer.get_vocab_size()} tokens in {given.folder}")


if __name__ == "__main__":
    main()
