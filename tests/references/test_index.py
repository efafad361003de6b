"""The bibliographic index over a real database: what a dump brings in is found again and settles entries."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aixiv.cli.refs import records_of
from aixiv.db.bibliography import candidates, count_works
from aixiv.deps import Deps
from aixiv.domain.errors import Invalid
from aixiv.usecases.references import import_works
from review.references import ReferenceVerdict, entry_from_bibtex, examine
from review.references.streams import Skipped

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OPENALEX = {
    "id": "https://openalex.org/W17",
    "title": "Weighing Pebbles with Tidal Clocks",
    "publication_year": 2019,
    "doi": "https://doi.org/10.1145/3394486.3403088",
    "authorships": [{"author": {"display_name": n}} for n in ("Ottoline Farthing", "Ruprecht Quillen", "Bo van Ek")],
    "primary_location": {"source": {"display_name": "Journal of Machine Learning Research"}},
}
CROSSREF = {
    "DOI": "10.1007/S10994-022-06288-4",
    "title": ["Sorting <i>Shells</i> by Ear"],
    "author": [{"given": "Ruprecht", "family": "Quillen"}],
    "issued": {"date-parts": [[2022, 12]]},
    "published-print": {"date-parts": [[2023]]},
    "container-title": ["Machine Learning"],
}
DBLP = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE dblp SYSTEM "dblp.dtd">
<dblp><inproceedings key="conf/x/F20"><author>J&uuml;rgen Farthing 0002</author><author>Ana &Aring;s</author>
<title>Counting <sub>2</sub> Gulls &amp; Terns.</title><year>2020</year><booktitle>ICML</booktitle>
<ee>https://doi.org/10.1145/3394486.99</ee></inproceedings>
<www key="homepages/f"><author>Nobody</author><title>Home Page</title></www></dblp>"""


@pytest.fixture
def dumps(tmp_path: Path) -> list[Path]:
    files = [tmp_path / "works.jsonl.gz", tmp_path / "crossref.jsonl", tmp_path / "dblp.xml"]
    files[0].write_bytes(gzip.compress((json.dumps(OPENALEX) + "\nbroken line\n").encode()))
    files[1].write_text(json.dumps(CROSSREF))
    files[2].write_text(DBLP)
    return files


async def judged(deps: Deps, **fields: str) -> ReferenceVerdict:
    entry = entry_from_bibtex(fields, "article")
    async with deps.database.read() as session:
        works = (await candidates(session, {1: entry})).get(1, ())
    return examine(entry, index=lambda _: works, now=NOW)


PEBBLES = {
    "title": "Weighing pebbles with tidal clocks.",
    "author": "Ottoline Farthing and Ruprecht Quillen and Bo van Ek",
    "journal": "JMLR",
    "year": "2019",
}


@pytest.mark.anyio
async def test_imported_works_settle_entries(deps: Deps, dumps: list[Path]) -> None:
    for file in [*dumps, *dumps]:  # the second time changes nothing
        await import_works(deps.database, records_of(file, Skipped()))
    async with deps.database.read() as session:
        assert await count_works(session) == {"openalex": 1, "crossref": 1, "dblp": 1}
    assert (await judged(deps, **PEBBLES)).verdict == "verified"
    shells = {"title": "Sorting shells by ear", "author": "Ruprecht Quillen", "year": "2022", "journal": "Mach. Learn."}
    assert (await judged(deps, **shells)).verdict == "verified"
    gulls = {"title": "Counting 2 gulls & terns", "author": 'J{\\"u}rgen Farthing and Ana Ås', "year": "2020"}
    assert (await judged(deps, **gulls)).verdict == "verified"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("known_title", {"title": "Weighing pebbles with lunar clocks"}),
        ("known_authors", {"author": "Ottoline Farthing and Ruprecht Quillen"}),
        ("known_authors", {"author": "Ruprecht Quillen and Ottoline Farthing and Bo van Ek"}),
        ("known_year", {"year": "2016"}),
        ("known_venue", {"journal": "Machine Learning"}),
        ("known_other", {"title": "On the Colour of Herons", "author": "Ana Ås", "doi": "10.1145/3394486.3403088"}),
    ],
)
async def test_a_wrong_field_of_a_known_work_is_mis_cited(
    deps: Deps, dumps: list[Path], code: str, change: dict[str, str]
) -> None:
    await import_works(deps.database, records_of(dumps[0], Skipped()))
    verdict = await judged(deps, **{**PEBBLES, **change})
    assert code in {r.code for r in verdict.reasons}
    assert (verdict.verdict, verdict.kind) == ("contradicted", "mis_cited")


@pytest.mark.anyio
async def test_an_unknown_work_stays_unknown(deps: Deps, dumps: list[Path]) -> None:
    await import_works(deps.database, records_of(dumps[0], Skipped()))
    verdict = await judged(deps, title="On the Colour of Herons", author="Ana Ås", journal="JMLR", year="2020")
    assert (verdict.verdict, verdict.kind) == ("could_not_verify", "ok")


def test_a_file_that_is_no_dump_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("nothing of the kind")
    with pytest.raises(Invalid, match="no bibliographic dump"):
        list(records_of(file, Skipped()))
