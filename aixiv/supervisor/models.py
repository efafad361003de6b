"""What model servers say that they run, and what it means for reviews when our own could not load its checkpoint."""

import httpx2
from msgspec import Struct

from aixiv.settings import Settings

PATIENCE_SECONDS = 5.0
MEND = "set AIXIV_MODEL to a checkpoint that loads; `aixiv models list` says what fits this machine"


class Served(Struct, frozen=True):
    """The models by name, with what they are for where the server says so, and our service's word on its own."""

    tasks: dict[str, str]
    language: str = ""  # its language model's name, or why it runs none


async def served(base: str, key: str) -> Served | str:
    """What an OpenAI-compatible server lists, or why it does not."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS, headers=headers) as http:
            response = await http.get(f"{base.rstrip('/')}/models")
        if response.status_code != 200:
            return f"answered {response.status_code}"
        said = response.json()
        tasks = {str(card["id"]): str(card.get("task", "")) for card in said["data"]}
        return Served(tasks, str(said.get("language_model") or ""))
    except httpx2.HTTPError as error:
        return f"cannot be reached ({type(error).__name__})"
    except (ValueError, KeyError, TypeError, AttributeError):
        return "answered something that is not a list of models"


def own_base(settings: Settings) -> str:
    """Where our own inference service speaks OpenAI's HTTP."""
    return f"{settings.inference_url.rstrip('/')}/v1"


def is_own(settings: Settings) -> bool:
    """Whether the judge's server is our own inference service with the checkpoint of AIXIV_MODEL."""
    return bool(settings.model and settings.inference_url) and settings.llm_base_url == own_base(settings)


async def why_no_model(settings: Settings) -> str:
    """Why the checkpoint of AIXIV_MODEL writes no texts; empty when it does, and when none is set."""
    if not settings.model or not settings.inference_url:
        return ""
    found = await served(own_base(settings), settings.inference_api_key.get_secret_value())
    if isinstance(found, str):
        return f"the inference service {found}"
    return "" if found.tasks.get(settings.model_name) == "text" else reason(settings, found)


def reason(settings: Settings, found: Served) -> str:
    """The service's own reason; another program's server gives none."""
    return found.language or f"{settings.inference_url} does not serve {settings.model_name!r}"


def judge_lines(settings: Settings, why: str) -> list[str]:
    """Which judge reviews, and what becomes of works when `why` says that the model cannot be asked."""
    judge = settings.judge_in_use
    if not why:
        return [f"judge: {judge}"]
    mend = [f"AIXIV_MODEL: {why}", f"  {MEND[0].upper()}{MEND[1:]}. Then start again."]
    if judge == "evidence":
        return ["judge: evidence; it needs no model", *mend]
    if settings.llm_replay or not is_own(settings):
        return [f"judge: {judge}, which asks {settings.llm_replay or settings.llm_base_url}", *mend]
    return [
        f"judge: {judge}, WHICH CANNOT REVIEW: it has no model, and no other judge takes its place",
        "  Every work that is submitted is held for an editor, with the reason.",
        *mend,
        "  Or set AIXIV_JUDGE=evidence, for judgement by rules and measurements without a model.",
    ]
