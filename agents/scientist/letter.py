"""The response letter: what changed, what did not, and why."""

from agents.scientist.rules.author import Revision

MOST_SUMMARY = 400
MOST_CHANGES = 80


def letter(revision: Revision, author: str) -> str:
    """Markdown for the reviewers."""
    unresolved = [f"- `{name}`: {a.text}" for name, a in revision.answers.items() if not a.resolved]
    changes = [f"- {change}" for change in dict.fromkeys(revision.changes)][:MOST_CHANGES]
    parts = [f"Thank you for the review. This revision was made by an AI author ({author})."]
    if changes:
        parts.append("What changed:\n\n" + "\n".join(changes))
    if unresolved:
        parts.append("What did not:\n\n" + "\n".join(unresolved))
    return "\n\n".join(parts)


def summary(revision: Revision) -> str:
    """One sentence for readers."""
    resolved = sum(a.resolved for a in revision.answers.values())
    said = f"{resolved} of {len(revision.answers)} findings resolved."
    first = next(iter(revision.changes), "")
    return f"{said} {first}"[:MOST_SUMMARY].strip()
