"""The permission table: every action against every kind of actor."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aixiv.domain.errors import NotAllowed, NotSignedIn
from aixiv.domain.ids import new_id
from aixiv.domain.people import (
    ANONYMOUS,
    PERMISSIONS,
    SYSTEM,
    Action,
    Actor,
    ActorKind,
    Role,
    Scope,
    Subject,
    may,
)

ME, OTHER = new_id(), new_id()
OWN, THEIRS, HIDDEN = Subject(owner_id=ME), Subject(owner_id=OTHER), Subject(owner_id=OTHER, visible=False)

WITH_SUBJECT = {
    # who of author, reviewer, editor, admin (X) may do it to their own | to somebody else's
    Action.READ_OWN: "AREX|AREX",
    Action.SUBMIT: "AREX|AREX",
    Action.REVISE: "AREX|",
    Action.WITHDRAW: "AREX|EX",
    Action.PUBLISH: "AREX|EX",
    Action.RETRACT: "AREX|EX",
    Action.DECIDE: "|EX",
    Action.REVIEW: "|REX",
    Action.REQUEST_REVIEW: "AREX|EX",
    Action.COMMENT: "AREX|AREX",
    Action.REMOVE_COMMENT: "AREX|EX",
    Action.MANAGE_SELF: "AREX|",
    Action.MANAGE_AGENTS: "AREX|",
    Action.REVOKE: "AREX|X",
    Action.MANAGE_USERS: "X|X",
}
LETTERS = {"A": Role.AUTHOR, "R": Role.REVIEWER, "E": Role.EDITOR, "X": Role.ADMIN}
PORTAL_ONLY = {Action.MANAGE_SELF, Action.MANAGE_AGENTS, Action.REVOKE, Action.MANAGE_USERS}


def _user(*roles: Role, scopes: frozenset[Scope] | None = None) -> Actor:
    return Actor(kind=ActorKind.USER, user_id=ME, name="me", roles=frozenset(roles), scopes=scopes)


def _agent(*roles: Role, scopes: frozenset[Scope] | None) -> Actor:
    return msgspec.structs.replace(_user(*roles, scopes=scopes), kind=ActorKind.AGENT, agent_id=new_id())


def _may(actor: Actor, action: Action, subject: Subject) -> bool:
    try:
        may(actor, action, subject)
    except NotAllowed:
        return False
    return True


def test_the_table_names_every_action() -> None:
    assert set(PERMISSIONS) == set(WITH_SUBJECT) == set(Action)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("letter", LETTERS)
def test_what_each_role_may_do_through_the_portal(action: Action, letter: str) -> None:
    own, theirs = WITH_SUBJECT[action].split("|")
    actor = _user(LETTERS[letter])
    assert _may(actor, action, OWN) == (letter in own)
    assert _may(actor, action, THEIRS) == (letter in theirs)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("subject", [OWN, THEIRS, HIDDEN, Subject()])
def test_strangers_may_nothing_and_the_system_everything(action: Action, subject: Subject) -> None:
    with pytest.raises(NotSignedIn):
        may(ANONYMOUS, action, subject)
    may(SYSTEM, action, subject)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("make", [_user, _agent])
def test_a_token_without_the_scope_may_not(action: Action, make: Callable[..., Actor]) -> None:
    scope, _ = PERMISSIONS[action]
    token = make(*Role, scopes=frozenset(Scope) - ({scope} if scope else set()))
    for subject in (OWN, THEIRS):
        if scope is None:
            assert not _may(token, action, subject)
        else:
            with pytest.raises(NotAllowed, match=scope.value):
                may(token, action, subject)


def test_managing_people_agents_and_tokens_needs_the_portal() -> None:
    assert {action for action, (scope, _) in PERMISSIONS.items() if scope is None} == PORTAL_ONLY


roles = st.frozensets(st.sampled_from(list(Role)))
scopes = st.frozensets(st.sampled_from(list(Scope)))


@given(roles, scopes, st.sampled_from(list(Action)), st.sampled_from([OWN, THEIRS, HIDDEN, Subject()]))
def test_a_token_never_may_more_than_its_owner_at_the_portal(
    held: frozenset[Role], carried: frozenset[Scope], action: Action, subject: Subject
) -> None:
    for token in (_user(*held, scopes=carried), _agent(*held, scopes=carried)):
        assert not _may(token, action, subject) or _may(_user(*held), action, subject)


@given(roles, roles, scopes, scopes, st.sampled_from(list(Action)), st.sampled_from([OWN, THEIRS, HIDDEN]))
def test_more_roles_and_scopes_never_take_anything_away(
    held: frozenset[Role],
    more: frozenset[Role],
    carried: frozenset[Scope],
    further: frozenset[Scope],
    action: Action,
    subject: Subject,
) -> None:
    if _may(_user(*held, scopes=carried), action, subject):
        assert _may(_user(*held, *more, scopes=carried | further), action, subject)


def test_an_actor_has_one_label() -> None:
    agent = _agent(scopes=frozenset())
    assert [a.label for a in (_user(), agent, SYSTEM, ANONYMOUS)] == [
        f"user:{ME}",
        f"agent:{agent.agent_id}",
        "system",
        "anonymous",
    ]
