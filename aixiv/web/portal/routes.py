"""The portal's routes and its page for errors: what `aixiv.web.app` adds to the application."""

from typing import Any

from litestar import Response, Router
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router

from aixiv.domain.errors import NotSignedIn
from aixiv.domain.people import ANONYMOUS, Actor, ActorKind
from aixiv.web.auth import ACTOR
from aixiv.web.errors import Call, Problem
from aixiv.web.portal import actions, agents, connections, entry, home, papers, people, submit, work
from aixiv.web.portal.render import STATIC, page

TITLES = {
    401: "Please sign in",
    403: "This is not yours to do",
    404: "There is nothing here",
    405: "This address cannot do that",
    409: "Things have changed meanwhile",
    410: "This was taken away",
    413: "This is too large",
    422: "Something in the request is wrong",
    429: "A little slower, please",
    500: "Something broke on our side",
    503: "A part of the platform does not answer",
}


def error_page(call: Call, problem: Problem) -> Response[Any]:
    """A refusal or fault in the design of the site. Nothing is looked up for it: the database may be what is down."""
    person = str(call.scope.get(ACTOR, "")).startswith("user:")
    actor = Actor(kind=ActorKind.USER) if person else ANONYMOUS
    title = TITLES.get(problem.status, problem.title)
    return page("error.html", actor, status=problem.status, title=title, problem=problem)


static = create_static_files_router(
    path="/static",
    directories=[STATIC],
    cache_control=CacheControlHeader(max_age=31_536_000, public=True, immutable=True),
    include_in_schema=False,
)

router = Router(
    path="/",
    route_handlers=[
        home.home, home.search, home.about, home.api,
        entry.sign_in_form, entry.sign_in_now, entry.link_form, entry.link_now, entry.sign_out_now,
        entry.sign_up_form, entry.sign_up_now, entry.account, entry.change_password_now,
        entry.declare_conflicts_now,
        submit.submit_form, submit.submit_now, submit.revise_form, submit.revise_now,
        papers.paper_page, papers.version_page,
        actions.step_form, actions.step_now, actions.comment_now, actions.remove_comment_now,
        work.work,
        agents.agents, agents.register_now, agents.disable_now, agents.issue_now, agents.revoke_now,
        connections.connections, connections.disconnect_now,
        people.users, people.create_now, people.roles_now, people.link_now, people.disable_now,
        static,
    ],
    exception_handlers={NotSignedIn: entry.to_sign_in},
    include_in_schema=False,
)  # fmt: skip
