"""Dumps in the shapes their makers give them: read as streams, what is no work is counted, a broken one repeated."""

import gzip
import io
import json
import random
import tarfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from aixiv.cli.refs import import_refs, notices_of, records_of
from aixiv.db.bibliography import count_works
from aixiv.deps import Deps
from aixiv.domain.errors import Invalid
from aixiv.usecases.references import BATCH, import_works
from review.references.dumps import Record
from review.references.streams import Skipped, UnknownDump, read_dump

OPENALEX: dict[str, Any] = {
    "id": "https://openalex.org/W2003",
    "doi": "https://doi.org/10.48550/arxiv.1912.00001",
    "title": None,
    "display_name": "Herding Gulls by Lantern",
    "publication_year": 2019,
    "publication_date": "2019-12-01",
    "ids": {"openalex": "https://openalex.org/W2003", "mag": "2003"},
    "primary_location": {
        "is_oa": True,
        "landing_page_url": "https://arxiv.org/abs/1912.00001",
        "source": {"id": "https://openalex.org/S9", "display_name": "Lantern Letters", "type": "journal"},
    },
    "locations": [None, {"landing_page_url": "https://example.org/9", "source": None}],
    "authorships": [
        {"author_position": "first", "author": {"display_name": "Ottoline Farthing"}, "raw_author_name": "O. Farthing"},
        {"author_position": "last", "author": None, "raw_author_name": "Quillen, Ruprecht"},
    ],
    "abstract_inverted_index": {"Gulls": [0]},
}
CROSSREF: dict[str, Any] = {
    "indexed": {"date-parts": [[2024, 2, 1]]},
    "reference-count": 3,
    "publisher": "Lantern Press",
    "funder": [{"name": f"A fund {n} with a name of some length", "award": ["x" * 40]} for n in range(300)],
    "DOI": "10.5555/LANTERN.7",
    "type": "journal-article",
    "author": [{"given": "Ottoline", "family": "Farthing", "sequence": "first"}, {"name": "The Gull Group"}],
    "title": ["Gulls &amp; <b>Lanterns</b>"],
    "subtitle": [],
    "container-title": ["Lantern Letters", "Lant. Lett."],
    "issued": {"date-parts": [[None]]},
    "published": {"date-parts": [[2021, 5]]},
}
DBLP = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE dblp SYSTEM "dblp.dtd">
<dblp>
<article mdate="2020-06-25" key="journals/ll/F20" publtype="informal">
<author orcid="0000-0001-2345-6789">Ottoline Farthing 0001</author><author>J\xf6rg &Aring;s</author>
<title>On <i>Gulls</i> in <sup>2</sup>D &lt;Lantern&gt; Light.</title><pages>1-9</pages><year>2020</year>
<volume>abs/1912.00001</volume><journal>CoRR</journal><ee type="oa">https://doi.org/10.5555/Lantern.8</ee>
<ee>https://arxiv.org/abs/1912.00001</ee><url>db/journals/ll/ll1.html#F20</url>
</article><mastersthesis mdate="2002-01-03" key="ms/Q92"><author>Ruprecht Quillen</author><title>Gull Calls.</title>
<year>1992</year><school>Harbour</school></mastersthesis>
<www mdate="2020-01-01" key="homepages/f"><author>Ottoline Farthing 0001</author><title>Home Page</title></www>
</dblp>
"""
RETRACTED = (
    "\ufeffRecord ID,Title,Subject,Journal,Author,RetractionDate,RetractionDOI,OriginalPaperDOI,RetractionNature,"
    "Reason,Notes\n"
    '7,"Gulls, ""seen""\nby lantern",(B/T),Lantern Letters,Ottoline Farthing;J\xf6rg Quillen,1/5/2024 0:00,10.5555/r.7,'
    '10.5555/Lantern.7,Retraction,+Error in Data;+Withdrawal;,"' + "long " * 40_000 + '"\n'
    "8,Back again,(B/T),Lantern Letters,A B,2/5/2024 0:00,unavailable,10.5555/l.8,Reinstatement,,\n"
    "9,,(B/T),Lantern Letters,A B,2/5/2024 0:00,unavailable,10.5555/l.9,Retraction,,\n"
    "10,A concern,(B/T),Lantern Letters,A B,12/31/2023 0:00,Unavailable,unavailable,Expression of concern,,\n"
)


def as_lines(*records: Any) -> str:
    return "".join(record if isinstance(record, str) else json.dumps(record) + "\n" for record in records)


def read(text: str, size: int = 1 << 18) -> tuple[list[Record], Skipped]:
    skipped = Skipped()
    return list(read_dump((text[at : at + size] for at in range(0, len(text), size)), skipped)), skipped


@pytest.mark.parametrize(
    "text",
    [
        as_lines(OPENALEX),
        json.dumps({"meta": {"count": 1, "page": 1}, "results": [OPENALEX], "group_by": []}),
        json.dumps([OPENALEX], indent=1),
    ],
)
@pytest.mark.parametrize("size", [1 << 18, 7])
def test_openalex_works(text: str, size: int) -> None:
    (record,), skipped = read(text, size)
    assert skipped.count == 0
    work = record.work
    assert (record.id, work.title, work.families) == ("W2003", "Herding Gulls by Lantern", ("Farthing", "Quillen"))
    assert (work.years, work.venues, work.arxiv) == ((2019,), ("Lantern Letters",), "1912.00001")


@pytest.mark.parametrize(
    "text",
    [
        as_lines(CROSSREF),
        json.dumps({"items": [CROSSREF]}),
        '{"items":[\n' + json.dumps(CROSSREF) + "\n]}\n",
        json.dumps({"status": "ok", "message-type": "work-list", "message": {"total-results": 1, "items": [CROSSREF]}}),
    ],
)
def test_crossref_works(text: str) -> None:
    (record,), skipped = read(text)
    assert (record.id, record.work.title) == ("10.5555/lantern.7", "Gulls & Lanterns")
    assert (record.work.families, record.work.years) == (("Farthing", "The Gull Group"), (2021,))
    assert skipped.count == 0


def test_an_archive_and_a_folder_of_crossref_files(tmp_path: Path) -> None:
    second = {"items": [CROSSREF | {"DOI": "10.5555/2"}, {"DOI": "10.5555/3"}]}
    with tarfile.open(tmp_path / "all.json.tar.gz", "w:gz") as archive:
        for name, content in (
            ("0.json", json.dumps({"items": [CROSSREF]}).encode()),
            (
                "1.json.gz",
                gzip.compress(json.dumps(second).encode()),
            ),
            ("2.json", b"{}"),
            ("README", b"words"),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    skipped = Skipped()
    assert [r.id for r in records_of(tmp_path / "all.json.tar.gz", skipped)] == ["10.5555/lantern.7", "10.5555/2"]
    assert skipped.count == 2
    assert [place.split(":")[0] for place in skipped.first] == ["item 2", "2.json"]


@pytest.mark.parametrize("size", [1 << 18, 5])
def test_dblp_in_its_own_encoding(tmp_path: Path, size: int) -> None:
    (tmp_path / "dblp.xml.gz").write_bytes(gzip.compress(DBLP.encode("iso-8859-1")))
    found = list(records_of(tmp_path / "dblp.xml.gz", Skipped()))
    assert found == read(DBLP, size)[0]
    article, thesis = found
    assert article.work.title == "On Gulls in 2D <Lantern> Light"
    assert article.work.families == ("Farthing", "Ås")
    assert (article.work.doi, article.work.arxiv) == ("10.5555/lantern.8", "1912.00001")
    assert (thesis.id, thesis.work.years) == ("ms/Q92", (1992,))


def test_what_is_no_work_is_counted_and_named() -> None:
    odd = OPENALEX | {"authorships": "Farthing"}
    lines = as_lines(OPENALEX, "{broken\n", "\n", {"id": "https://openalex.org/W1"}, odd, "[]\n", OPENALEX)
    found, skipped = read(lines)
    assert len(found) == 2
    assert skipped.count == 4
    assert [place.split(":")[0] for place in skipped.first] == ["line 2", "line 4", "line 5", "line 6"]
    cut, skipped = read(json.dumps({"items": [CROSSREF, CROSSREF]})[:-9])
    assert (len(cut), skipped.first) == (1, ["item 2: no JSON, or the file breaks off"])


@pytest.mark.parametrize(
    "text", ["words", "", "{}", as_lines(OPENALEX | {"id": "https://openalex.org/A5"}), '{"items": 3, "DOI": "10.1/x"}']
)
def test_another_file_is_refused(text: str) -> None:
    with pytest.raises(UnknownDump):
        read(text)


@pytest.mark.parametrize("form", ["lines", "document", "dblp"])
def test_memory_does_not_grow_with_the_dump(form: str) -> None:
    record = json.dumps(CROSSREF)
    article = DBLP[DBLP.index("<article") : DBLP.index("<mastersthesis")]

    def chunks(times: int) -> Any:
        yield {"lines": "", "document": '{"items":[' + record, "dblp": DBLP[: DBLP.index("<article")]}[form]
        for _ in range(times):
            yield {"lines": record + "\n", "document": "," + record, "dblp": article * 3}[form]

    peaks = []
    for times in (60, 240):
        tracemalloc.start()
        assert sum(1 for _ in read_dump(chunks(times), Skipped())) >= times
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


@pytest.mark.anyio
async def test_an_import_that_breaks_off_keeps_what_it_did_and_is_repeated(deps: Deps, tmp_path: Path) -> None:
    words = random.Random(1)
    many = [
        OPENALEX | {"id": f"https://openalex.org/W{n}", "note": words.randbytes(40).hex()} for n in range(BATCH * 2)
    ]
    odd = OPENALEX | {"id": "https://openalex.org/W0", "title": "Gulls \u0000 and \ud800 lanterns"}
    whole = gzip.compress(as_lines(*many).encode())
    (tmp_path / "part_000.gz").write_bytes(whole[: len(whole) * 3 // 4])
    with pytest.raises(Invalid, match=r"breaks off after 1\d\d\d works"):
        await import_works(deps.database, records_of(tmp_path / "part_000.gz", Skipped()))
    async with deps.database.read() as session:
        assert await count_works(session) == {"openalex": BATCH}
    (tmp_path / "part_000.gz").write_bytes(whole)
    assert await import_works(deps.database, records_of(tmp_path / "part_000.gz", Skipped())) == BATCH * 2
    (tmp_path / "odd.json").write_text(json.dumps([odd]))
    assert await import_works(deps.database, records_of(tmp_path / "odd.json", Skipped())) == 1
    async with deps.database.read() as session:
        assert await count_works(session) == {"openalex": BATCH * 2}


def test_a_list_of_retractions_in_either_encoding(tmp_path: Path) -> None:
    for number, data in enumerate((RETRACTED.encode(), RETRACTED.lstrip("\ufeff").encode("cp1252"))):
        file = tmp_path / f"{number}.csv"
        file.write_bytes(data)
        skipped = Skipped()
        gulls, concern = (item.notice for item in notices_of(file, skipped))
        assert (gulls.title, gulls.families) == ('Gulls, "seen" by lantern', ("Farthing", "Quillen"))
        assert (gulls.doi, gulls.notice_doi, gulls.retracted_on) == ("10.5555/lantern.7", "10.5555/r.7", "2024-01-05")
        assert gulls.reason == "Error in Data; Withdrawal"
        assert (concern.nature, concern.doi, concern.retracted_on) == ("Expression of concern", "", "2023-12-31")
        assert skipped.first == ["row 3: no title"]


def test_nothing_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    for files in (None, [tmp_path / "none.gz"], [tmp_path]):
        with pytest.raises(Invalid) as refusal:
            import_refs(files)
        assert refusal.value.hint
