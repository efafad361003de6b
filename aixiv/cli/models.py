"""`aixiv models`: which open checkpoints fit this machine, and getting one."""

import sys
import time
from pathlib import Path

import msgspec

from aixiv.settings import Settings

MANUSCRIPT_TOKENS = 16384
PANEL = 6
GIB = 2**30


def list_models(*, json: bool = False, context: int | None = None, panel: int = PANEL) -> int:
    """Which open checkpoints fit this machine's memory for a panel over one manuscript, and why.

    Parameters
    ----------
    json
        Print JSON.
    context
        Tokens of the manuscript that every reviewer reads; default AIXIV_MODEL_CONTEXT or 16384.
    panel
        Reviewers at a time.
    """
    from inference.checkpoints import fit, known, this_machine

    machine = this_machine()
    tokens = context or Settings().model_context or MANUSCRIPT_TOKENS
    rows = [fit(one, machine, context=tokens, panel=panel) for one in known()]
    if json:
        found = {"machine": machine, "context": tokens, "panel": panel, "models": rows}
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return 0
    print(f"{machine.device}: {machine.free / GIB:.1f} GiB free; {tokens} tokens of manuscript, {panel} reviewers\n")
    print(f"{'model':<36} {'params':>8} {'weights':>9} {'KV':>9} {'needed':>9}  runs as  why")
    for row in rows:
        sizes = " ".join(f"{size / GIB:>5.1f} GiB" for size in (row.weights, row.kv, row.needed))
        print(f"{row.id:<36} {row.parameters:>6.1f} B {sizes}  {row.dtype or '-':<7}  {row.why}")
    print("\n`aixiv models download ID` gets one; AIXIV_MODEL=ID then runs it.")
    return 0


def download_model(name: str, /, *, into: Path | None = None) -> int:
    """Download a checkpoint from the hub, with progress. A download that stopped goes on where it was.

    Parameters
    ----------
    name
        The hub id, such as Qwen/Qwen3-0.6B.
    into
        Folder under which its folder is made; default `models` in AIXIV_HOME.
    """
    from inference.hub import Hub, HubRefused, HubUnreachable

    settings = Settings()
    hub = Hub(settings.hub_url, token=settings.hub_token.get_secret_value())
    shown = _Progress()
    try:
        folder = hub.download(name, into or settings.models_folder, shown.show)
    except (HubUnreachable, HubRefused) as failure:
        print(f"\naixiv: {failure}", file=sys.stderr)
        return 1
    print(f"\n{name} is in {folder}\nset AIXIV_MODEL={name if into is None else folder} to run it")
    return 0


class _Progress:
    """One line per file, rewritten a few times a second where somebody watches."""

    def __init__(self) -> None:
        self._name, self._at = "", 0.0

    def show(self, name: str, there: int, size: int) -> None:
        """Bytes of one file."""
        now = time.monotonic()
        if name == self._name and there < size and now - self._at < (0.3 if sys.stderr.isatty() else 10):
            return
        lead = "\r" if name == self._name and sys.stderr.isatty() else "\n"
        self._name, self._at = name, now
        share = 100 * there // size if size else 100
        print(f"{lead}{name}: {there / 2**20:.1f} of {size / 2**20:.1f} MiB ({share} %)", end="", file=sys.stderr)
