"""Which way a metric is better, as far as its name says."""

import re
from typing import Literal

Direction = Literal["down", "up"]

_LOWER_IS_BETTER = re.compile(
    r"\b(?:loss(?:es)?|error(?:s| rates?)?|divergence|kl|perplexity|ppl|rmse|mse|mae|mape|fid|wer|cer|latency"
    r"|runtime|nll"
    r"|(?:training|train|inference|infer|run(?:ning)?|wall[- ]clock|execution) times?|(?:steps|epochs"
    r"|iterations|time) to[^.;,()]{0,40}|regret|cost"
    r"|distance|memory"
    r"|false (?:positive|alarm|negative) rates?|brier|calibration error|ece)\b",
    re.IGNORECASE,
)
_HIGHER_IS_BETTER = re.compile(
    r"\b(?:accurac(?:y|ies)|f1|f-?score|precision|recall|auc|auroc|auprc|bleu|rouge\S*|throughput"
    r"|tokens per second|tokens/s"
    r"|reward|return|success rates?|win rates?|consistency|coverage|r2|correlation|psnr|ssim|map|ndcg|mrr|pass@\d+"
    r"|sensitivity|specificity|inference speed|scores?)\b",
    re.IGNORECASE,
)


def direction_of(text: str) -> Direction | None:
    """The better direction of the metric a text speaks of; the last one named counts, None when none is."""
    last_lower = _last(_LOWER_IS_BETTER, text)
    last_higher = _last(_HIGHER_IS_BETTER, text)
    if last_lower == last_higher:
        return None
    return "down" if last_lower > last_higher else "up"


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((m.end() for m in pattern.finditer(text)), default=-1)
