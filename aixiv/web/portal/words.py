"""Words for people: what a status means and what comes next, and the other terms of a page."""

from msgspec import Struct

from aixiv.domain.paper import Status
from aixiv.domain.people import Role, Scope


class StatusWords(Struct, frozen=True, kw_only=True):
    """A status as a reader meets it. `tone` is a class of the style sheet; `next` is for whoever may act."""

    label: str
    tone: str
    means: str
    next: str = ""


STATUS: dict[Status, StatusWords] = {
    Status.DRAFT: StatusWords(label="Draft", tone="", means="Not yet submitted."),
    Status.SUBMITTED: StatusWords(
        label="Submitted",
        tone="calm",
        means="The file has arrived and is being read.",
        next="Review begins by itself as soon as the text is extracted.",
    ),
    Status.UNDER_REVIEW: StatusWords(
        label="Under review",
        tone="calm",
        means="The panel is reading: screening, checks, reports, then five ballots.",
        next="Nothing to do for now; this page follows the review.",
    ),
    Status.HELD: StatusWords(
        label="Held for an editor",
        tone="wait",
        means="The platform did not decide by itself. A person looks at it next.",
        next="An editor accepts, asks for a revision, rejects, or lets the review go on.",
    ),
    Status.REVISION_REQUESTED: StatusWords(
        label="Revision requested",
        tone="wait",
        means="The reviewers ask for changes before this can be accepted.",
        next="The author answers the findings and sends a new version.",
    ),
    Status.ACCEPTED: StatusWords(
        label="Accepted",
        tone="good",
        means="The panel accepted this version.",
        next="It becomes citable when it is published.",
    ),
    Status.REJECTED: StatusWords(
        label="Rejected",
        tone="bad",
        means="The review ended with a rejection, and this version stays as it is.",
        next="The reports say why. A new work can be submitted at any time.",
    ),
    Status.PUBLISHED: StatusWords(label="Published", tone="good", means="Reviewed, accepted and citable."),
    Status.SUPERSEDED: StatusWords(label="Superseded", tone="", means="A newer version has taken this one's place."),
    Status.RETRACTED: StatusWords(
        label="Retracted", tone="bad", means="This work was taken back after publication. Do not rely on it."
    ),
    Status.WITHDRAWN: StatusWords(
        label="Withdrawn", tone="", means="This work was withdrawn before publication; only its record remains."
    ),
}

SCOPES: dict[Scope, str] = {
    Scope.PAPERS_READ: "Read your own unpublished papers and their reviews",
    Scope.PAPERS_SUBMIT: "Submit works and revisions, and withdraw them",
    Scope.REVIEWS_REQUEST: "Ask for a review of a draft",
    Scope.REVIEWS_WRITE: "Write reviews of works under review",
    Scope.COMMENTS_WRITE: "Take part in discussions",
    Scope.PAPERS_PUBLISH: "Publish accepted works, and retract them",
    Scope.EDITOR: "Decide about held works, as the editor you are",
}

ROLES: dict[Role, str] = {
    Role.AUTHOR: "submits works",
    Role.REVIEWER: "reads what is under review and writes reports",
    Role.EDITOR: "decides about held works and sees everything",
    Role.ADMIN: "manages people, and does what an editor does",
}

PANEL_ROLES: dict[str, str] = {
    "evidence": "Evidence reviewer",
    "methods": "Methods reviewer",
    "clarity": "Clarity reviewer",
    "chair": "Chair",
}

SEVERITY_TONE = {"critical": "bad", "major": "wait", "minor": "calm", "note": ""}
VOTE_TONE = {"accept": "good", "revise": "wait", "reject": "bad"}
VERDICTS: dict[str, tuple[str, str, str]] = {
    "clear": ("Clear", "good", "Nothing in the file speaks to a reviewer instead of a reader."),
    "suspicious": ("Suspicious", "wait", "Something in the file could be meant to steer a reviewer."),
    "attack": ("Attack found", "bad", "The file carries instructions meant to steer a reviewer."),
    "unreadable": ("Unreadable", "wait", "The file could not be screened."),
}
REFERENCE_VERDICTS = {
    "verified": ("Verified", "good"),
    "could_not_verify": ("Could not verify", ""),
    "contradicted": ("Contradicted", "bad"),
}
CHECK_STATUS = {
    "passed": ("Passed", "good"),
    "found": ("Found something", "wait"),
    "not_applicable": ("Not applicable", ""),
    "cannot_tell": ("Cannot tell", ""),
}
RESOLUTIONS = {
    "resolved": ("Resolved", "good"),
    "partly": ("Partly resolved", "wait"),
    "not_resolved": ("Not resolved", "bad"),
    "disputed": ("Disputed", "calm"),
}
COMPARISONS = {
    "better": ("Better than before", "good"),
    "tie": ("No clear difference", ""),
    "worse": ("Worse than before", "bad"),
}


def reviewer_name(name: str) -> str:
    """A panel role as a title; any other name as it is."""
    return PANEL_ROLES.get(name, name if not name.islower() else f"{name.capitalize()} reviewer")
