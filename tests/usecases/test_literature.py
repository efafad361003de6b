"""Outside indexes over real HTTP: a small server answers in their forms, or is busy, slow, garbled, or away."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from aixiv.deps import Deps
from aixiv.domain.errors import Invalid
from aixiv.fetch import Fetcher, Question, sources_of
from aixiv.usecases.grounding import Grounds
from review.manuscript import Manuscript, Reference
from review.references.listing import ground
from tests.fixtures.people import person, stored_version
from tests.fixtures.works import version

pytestmark = pytest.mark.anyio

TITLE = "Weighing Pebbles with Tidal Clocks"
OPENALEX = {
    "id": "https://openalex.org/W17",
    "title": TITLE,
    "publication_year": 2019,
    "authorships": [{"author": {"display_name": "Ottoline Farthing"}}],
}
CROSSREF = {
    "DOI": "10.5555/pebbles",
    "title": [TITLE],
    "author": [{"given": "Ottoline", "family": "Farthing"}],
    "issued": {"date-parts": [[2019]]},
}
S2 = {
    "title": TITLE,
    "authors": [{"name": "Ottoline Farthing"}],
    "year": 2019,
    "venue": "",
    "externalIds": {"DOI": "10.5555/Pebbles"},
}
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>query</title>
<entry><id>http://arxiv.org/abs/1905.01234v2</id><published>2019-05-02T00:00:00Z</published>
<title>Weighing Pebbles
  with Tidal Clocks</title><author><name>Ottoline Farthing</name></author></entry></feed>"""
ANSWERS = {
    "openalex": json.dumps({"results": [OPENALEX]}),
    "crossref": json.dumps({"message": {"items": [CROSSREF]}}),
    "semanticscholar": json.dumps({"data": [S2]}),
    "arxiv": ATOM,
}


class Indexes:
    """Every index at one address, each under its name. `mood` is what the next answers are like."""

    def __init__(self) -> None:
        self.mood, self.asked = "well", list[str]()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                outer.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body, status = ANSWERS[request.path.split("/")[1]].encode(), 200
        if self.mood == "busy once":
            self.mood, status = "well", 429
        elif self.mood == "busy":
            status = 503
        elif self.mood == "slow":
            time.sleep(0.5)
        elif self.mood == "garbled":
            body = b'{"results": [{"title": 7'
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def setting(self, *names: str) -> str:
        port = self.server.server_address[1]
        return ",".join(f"{name}=http://127.0.0.1:{port}/{name}" for name in names)


@pytest.fixture
def indexes() -> Iterator[Indexes]:
    made = Indexes()
    yield made
    made.server.shutdown()
    made.server.server_close()


def manuscript(*entries: str) -> Manuscript:
    text = "Pebbles on beaches\n\n" + "\n".join(entries)
    references = []
    for number, entry in enumerate(entries, start=1):
        start = text.index(entry)
        title, author, year = entry.split(". ")
        reference = Reference(
            index=number, raw=entry, start=start, end=start + len(entry), title=title, authors=(author,), year=int(year)
        )
        references.append(reference)
    return Manuscript(
        source="markdown", title="Pebbles on beaches", abstract="", text=text, references=tuple(references)
    )


CITED = f"{TITLE}. Ottoline Farthing. 2019"


async def grounds(deps: Deps, indexes: Indexes, *names: str, **settings: object) -> Grounds:
    fetcher = Fetcher(sources_of(indexes.setting(*names)), mail="ada@example.org", wait=0.01)
    asking = replace(deps, fetcher=fetcher, settings=deps.settings.model_copy(update=settings))
    stored = await version(deps, await stored_version(deps, await person(deps)))
    return Grounds(asking, paper_id=stored.paper_id, version_id=stored.id)


@pytest.mark.parametrize("name", ANSWERS)
async def test_each_index_is_asked_in_its_way_and_read(indexes: Indexes, name: str) -> None:
    (source,) = sources_of(indexes.setting(name))
    fetcher = Fetcher((source,), mail="ada@example.org", wait=0.01)
    indexes.mood = "busy once"
    for question in (Question("title", TITLE), Question("doi", "10.5555/pebbles"), Question("words", "pebbles, tides")):
        (work,) = await fetcher.ask(source, question)
        assert (work.title, work.families, work.years) == (TITLE, ("Farthing",), (2019,))
    await fetcher.aclose()
    assert len(indexes.asked) == 4  # the busy answer was asked again
    if name in ("openalex", "crossref"):
        assert parse_qs(urlsplit(indexes.asked[0]).query)["mailto"] == ["ada@example.org"]


async def test_a_reference_is_verified_by_an_index_and_asked_once_only(deps: Deps, indexes: Indexes) -> None:
    asking = await grounds(deps, indexes, "openalex", "crossref")
    work = manuscript(CITED)
    for _ in range(2):
        grounding = ground(work, await asking.look_up(work))
        assert grounding.references[0].verdict == "verified"
        assert grounding.sources == ("openalex",)
    assert len(indexes.asked) == 1  # crossref had nothing to add, and the second look was answered from the database
    (related,) = await asking.find_related(work)
    assert (related.title, related.source, related.ref) == (TITLE, "crossref", "doi:10.5555/pebbles")


@pytest.mark.parametrize("mood", ["busy", "slow", "garbled"])
async def test_an_index_that_fails_is_named_and_nothing_else_happens(deps: Deps, indexes: Indexes, mood: str) -> None:
    indexes.mood = mood
    asking = await grounds(deps, indexes, "crossref", literature_seconds=0.2 if mood == "slow" else 60.0)
    work = manuscript(CITED, "Sorting shells by ear. Ruprecht Quillen. 2018")
    grounding = ground(work, await asking.look_up(work))
    assert [r.verdict for r in grounding.references] == ["could_not_verify"] * 2
    assert [r.kind for r in grounding.references] == ["ok"] * 2
    assert grounding.silent[0].startswith("crossref: ")
    assert len(indexes.asked) <= 3  # the second reference was not tried again


async def test_the_budget_of_questions_ends_the_asking(deps: Deps, indexes: Indexes) -> None:
    asking = await grounds(deps, indexes, "openalex", literature_calls=1)
    work = manuscript(CITED, "Sorting shells by ear. Ruprecht Quillen. 2018", "The colour of herons. Ana Ek. 2017")
    known = await asking.look_up(work)
    assert len(indexes.asked) == 1
    assert known.silent == ("openalex: the budget of this review is spent",)


def test_unknown_indexes_are_refused() -> None:
    assert sources_of("off") == ()
    with pytest.raises(Invalid, match="no index"):
        sources_of("openalex,libgen")
