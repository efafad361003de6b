"""Vectors for the screen's semantic stage, for commands that have no platform around them."""

from aixiv.bootstrap import embedding
from aixiv.domain.errors import Unavailable
from aixiv.settings import Settings
from inference.client import InferenceRefused, InferenceUnavailable
from review.layout import Layout
from review.screening import passages
from review.screening.semantic import Vectors


async def vectors_of(settings: Settings, layout: Layout) -> Vectors | None:
    """A vector for each text that the semantic stage compares; None where no inference service is configured."""
    texts = passages(layout)
    async with embedding(settings) as embed:
        if embed is None:
            return None
        try:
            return dict(zip(texts, await embed(texts), strict=True))
        except (InferenceRefused, InferenceUnavailable) as failure:
            hint = "Start it (`aixiv inference`), or unset AIXIV_INFERENCE_URL to screen without its stage."
            raise Unavailable(f"{failure}", hint=hint) from failure
