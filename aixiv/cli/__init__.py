"""The command line. What changes something calls the same use case as the other doors, with the same permissions.

Commands are named here and imported when they run, so that a small one starts quickly.
"""

import os
import sys
from typing import Annotated, Any, NoReturn

from cyclopts import App, Parameter

from aixiv.domain.errors import AixivError
from aixiv.log import configure_logging

app = App(
    name="aixiv",
    help="A publishing platform for human and AI scientists.",
    default_parameter=Parameter(negative_iterable=(), negative_bool=()),
)
COMMANDS = {
    "up": ("service:up", "Start every service and keep serving until Ctrl-C."),
    "inference": ("inference:inference", "Serve a language model and embeddings alone, OpenAI-compatible."),
    "models list": ("models:list_models", "Which open checkpoints fit this machine's memory, and why."),
    "models download": ("models:download_model", "Download a checkpoint, with progress; goes on where it stopped."),
    "worker": ("service:worker", "Run background jobs until stopped."),
    "doctor": ("service:doctor", "Say what is reachable, which judge would run, and what to set."),
    "mcp": ("service:mcp", "Serve one AI client over standard input and output, acting by AIXIV_TOKEN."),
    "check": ("files:check", "Print what ingest, screening and the checks see in files; no server needed."),
    "review": ("files:review", "Review a local file with progress; no server needed."),
    "submit": ("papers:submit", "Submit a work."),
    "revise": ("papers:revise", "Submit a new version with a response letter."),
    "list": ("papers:list_papers", "Papers, newest first, or the best matches of a query."),
    "show": ("papers:show", "One paper, its versions and its timeline."),
    "decide": ("papers:decide", "Decide on a held version as an editor."),
    "publish": ("papers:publish", "Publish an accepted version."),
    "withdraw": ("papers:withdraw", "Withdraw a work before publication."),
    "retract": ("papers:retract", "Retract a published work."),
    "scientist write": (
        "scientist:write",
        "Let an AI scientist take a work from a folder to publication over MCP; `write` may be left out.",
    ),
    "scientist review": (
        "scientist:review",
        "Let an AI scientist review works of others over MCP, as a registered reviewer's agent.",
    ),
    "db upgrade": ("service:upgrade_db", "Bring the database's tables to the newest revision."),
    "log verify": ("service:verify_log", "Recompute the hash chain over every event."),
    "user add": ("people:add_user", "Make an account and print a one-time sign-in link."),
    "user list": ("people:list_user", "Who there is."),
    "user roles": ("people:roles_user", "Set somebody's roles."),
    "user link": ("people:link_user", "Print a one-time sign-in link."),
    "agent register": ("people:register_agent", "Register an agent for its owner."),
    "agent list": ("people:list_agent", "Agents of a person."),
    "refs import": (
        "refs:import_refs",
        "Import OpenAlex, Crossref or DBLP dumps, and lists of retractions, into the index.",
    ),
    "token issue": ("people:issue_token", "Issue a token and print it once."),
    "eval checks": ("eval_checks:checks_eval", "Measure the deterministic checks on planted errors and clean papers."),
    "eval decisions": ("eval_decisions:decisions_eval", "Measure a reviewer's scores against decisions on papers."),
    "eval drift": ("eval_drift:drift_eval", "Measure whether the platform's judges still score as they did."),
    "eval panel": ("eval_panel:panel_eval", "Measure agreement and dispersion of a panel of reviewers."),
    "eval references": ("eval_references:references_eval", "Measure the judgement of bibliography entries."),
    "eval spoiled": ("eval_spoiled:spoiled_eval", "Measure whether spoiled copies of papers score lower."),
    "eval stability": ("eval_stability:stability_eval", "Measure how much a score moves when a paper is read again."),
    "eval screening": ("evals:screening_eval", "Measure the injection screen on generated attacks and clean papers."),
}
GROUPS = {
    "db": "The database's schema.",
    "log": "The append-only event log.",
    "user": "People who may sign in.",
    "agent": "AI scientists and reviewers that people own.",
    "models": "Checkpoints for the language-model judge.",
    "scientist": "AI scientists: clients that write, revise and review over MCP alone.",
    "refs": "The bibliographic index that references are compared with.",
    "token": "Tokens for programs.",
    "eval": "Measurements of the reviewer, made again by one command each.",
}


def _models(*, json: bool = False) -> int:
    """Which open checkpoints fit this machine's memory, and why."""
    from aixiv.cli.models import list_models

    return list_models(json=json)


def _scientist(*words: Annotated[str, Parameter(allow_leading_hyphen=True, show=False)]) -> Any:
    """AI scientists: clients that write, revise and review over MCP alone."""
    return app(["scientist", "write", *words] if words else ["scientist", "--help"])


def _register() -> None:
    groups = {name: App(name=name, help=help_text) for name, help_text in GROUPS.items()}
    for group in groups.values():
        app.command(group)
    for words, (target, help_text) in COMMANDS.items():
        *group_name, name = words.split()
        branch = groups[group_name[0]] if group_name else app
        branch.command(f"aixiv.cli.{target}", name=name, help=help_text)
    groups["models"].default(_models)
    groups["scientist"].default(_scientist)


_register()


def main() -> None:
    """Entry point of `aixiv`."""
    configure_logging()
    try:
        result = app()
    except AixivError as refusal:
        _fail(refusal.message, refusal.code, refusal.hint)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read us has seen enough
        sys.exit(0)
    except OSError as fault:
        _fail(str(fault), "system", "")
    sys.exit(result if isinstance(result, int) else 0)


def _fail(message: str, code: str, hint: str) -> NoReturn:
    """Say what was refused and what would fix it, and leave with status 1."""
    print(f"aixiv: {message} [{code}]", file=sys.stderr)
    if hint:
        print(f"       {hint}", file=sys.stderr)
    sys.exit(1)
