"""Manuscripts made for the tests: a clean paper and a clean proposal of our own, and ways to spoil them."""

from msgspec import structs

from review.layout import Layout, PageBox, TextSpan
from review.manuscript import Citation, Float, Manuscript, Reference, Section

ABSTRACT = (
    "Append-only logs are often protected by hash chains, but their cost is seldom measured. We measure the cost of "
    "one chain per table in a relational database with five repetitions of each workload. The chain lengthens a "
    "write by 12.5%, from 0.80 ms to 0.90 ms, and it leaves reads unchanged within the error of the measurement."
)
PLAN_ABSTRACT = (
    "Append-only logs are often protected by hash chains, but nobody has measured them under many writers. We will "
    "measure the cost of one chain per table with one to sixty-four writers, in 20 randomised blocks of each "
    "workload, and end with a rule that says when a tree of hashes is the better choice."
)

SECTIONS = (
    (
        "Introduction",
        (
            "A log that nobody can change without being noticed is useful to every registry. Haber and "
            "Stornetta (1991) "
            "described how to link entries by hashes. Later systems use trees, which allow short proofs "
            "(Merkle, 1988). "
            "What such a chain costs in an ordinary database is asked often and answered seldom. This paper "
            "measures it on "
            "one machine and says where the time goes. The cost matters because operators switch off what "
            "they find too "
            "slow, and a log that is switched off protects nobody. We keep the design as plain as possible: "
            "one table, one "
            "column for the hash, and one trigger that computes it from the row and the hash before it."
        ),
    ),
    (
        "Method",
        (
            "We compare a plain table as the baseline with the same table and a chain. Each workload writes "
            "rows of 512 bytes "
            "in batches. We ran every workload in five independent runs with seeds drawn in advance, on a "
            "machine with 8 cores "
            "and a solid-state disk. We report means and standard deviations over the runs. The difference "
            "between the two "
            "tables is tested with a permutation test on the run means. The chain reads the last hash "
            "under a row lock, "
            "computes the new one over the canonical form of the row, and stores both in one transaction. "
            "The order of "
            "workloads was shuffled anew for every run, so that a slow hour of the machine does not favour "
            "one of them. The "
            "code and all measurements are available at https://example.org/chain-cost with the commit that was used."
        ),
    ),
    (
        "Results",
        (
            "Table 1 shows the time of a write. The chain lengthens a write by 12.5%, from 0.80 ms to "
            "0.90 ms, and the "
            "difference is clear in every run. Reads take 0.20 ms on average with and without the chain. "
            "Figure 1 shows how "
            "the time of a write grows with the number of writers: up to four writers it stays flat, and "
            "beyond that the row "
            "lock makes writers wait for each other. Of the time that the chain adds, most is spent waiting "
            "for the lock and "
            "little on hashing itself. We repeated the measurement with larger rows and found the same "
            "order of costs."
        ),
    ),
    (
        "Limitations",
        (
            "We measured one database on one machine with one kind of disk. A network between the writer and "
            "the database "
            "would hide part of the cost, and a slower disk would hide more of it. We did not measure "
            "recovery after a crash. "
            "Chains over several tables need an order between them, which this design does not provide."
        ),
    ),
    (
        "Conclusion",
        (
            "A hash chain costs about an eighth more for each write in our setting and nothing for reads. "
            "Where writes are rare "
            "and the record must be trusted, the price is low. The next step is to measure chains with many "
            "concurrent writers."
        ),
    ),
)

REFERENCES = (
    "Stuart Haber and W. Scott Stornetta. How to time-stamp a digital document. Journal of Cryptology, 1991.",
    "Ralph Merkle. A digital signature based on a conventional encryption function. CRYPTO, 1988.",
)
TABLE = (
    ("Table", "Write time (ms)", "Read time (ms)"),
    ("Baseline", "0.80 ± 0.02", "0.20 ± 0.01"),
    ("Chain", "0.90 ± 0.02", "0.20 ± 0.01"),
)
BLACK = (0.0, 0.0, 0.0)
WHITE = (1.0, 1.0, 1.0)
FILLER = (
    "The log is read far more often than it is written, and readers check it from the beginning once a "
    "day. Operators "
    "asked for a design that needs no new service and no new skill. "
)


def paper(
    extra: str = "",
    *,
    abstract: str = ABSTRACT,
    sections: tuple[tuple[str, str], ...] = SECTIONS,
    table: tuple[tuple[str, ...], ...] = TABLE,
    table_caption: str = "Table 1: Time of one operation, mean and standard deviation over five runs.",
    references: tuple[str, ...] = REFERENCES,
    replace: tuple[str, str] = ("", ""),
) -> Manuscript:
    """The clean paper, with `extra` as a paragraph at the end of its results or with one passage replaced."""
    build = _Builder()
    build.say("What a Hash Chain Costs in a Relational Database\n\n")
    build.section("Abstract", abstract)
    for title, text in sections:
        body = text.replace(*replace) if replace[0] else text
        if title in ("Introduction", "Method"):
            body += " " + FILLER * 10
        build.section(title, body)
        if title == "Results":
            if extra:
                build.say(extra + "\n\n")
            build.float("figure", "Figure 1", "Figure 1: Time of a write against the number of writers.", ())
            build.float("table", "Table 1", table_caption, table)
    build.references(references)
    return build.done("What a Hash Chain Costs in a Relational Database", abstract)


def proposal(extra: str = "", *, without: str = "", abstract: str = PLAN_ABSTRACT) -> Manuscript:
    """A clean proposal; `without` names a section to leave out."""
    sections = (
        (
            "Question",
            "Does a hash chain stay affordable when many writers append at once? We expect the lock to dominate. " * 8,
        ),
        (
            "Method",
            "We will measure writes with one to sixty-four writers and compare chains with trees, in 20 blocks. " * 8,
        ),
        (
            "Plan and milestones",
            "The harness is ready in week 2, the measurements in week 5, the report in week 8. " * 6,
        ),
        ("Risks", "If the machine is too noisy, we fall back to counting lock waits instead of time. " * 6),
        ("Limitations", "One kind of machine will not show how other disks behave under the same load. " * 3),
        ("Resources", "One machine is enough, and a preliminary run took an hour. " * 6),
        (
            "Evaluation",
            "The hypothesis is rejected when the added time stays below a tenth at sixty-four writers. " * 6,
        ),
    )
    build = _Builder()
    build.section("Abstract", abstract)
    for title, text in sections:
        if title != without:
            build.section(title, text)
    if extra:
        build.say(extra + "\n\n")
    build.references(REFERENCES)
    return build.done("Hash Chains under Load", abstract)


def plain(text: str) -> Manuscript:
    """A manuscript that is nothing but this text."""
    return Manuscript(source="markdown", title="", abstract="", text=text)


def layout(*spans: TextSpan) -> Layout:
    """Layout evidence of a file with visible print on two pages, and these spans added."""
    pages = tuple(PageBox(page=n, box=(0.0, 0.0, 612.0, 792.0)) for n in (1, 2))
    visible = tuple(
        TextSpan(
            page=n, text="We keep the design as plain as possible.", box=(72, 700, 400, 710), size=10, fill=(0, 0, 0)
        )
        for n in (1, 2)
    )
    return Layout(spans=(*visible, *spans), pages=pages)


class _Builder:
    """Writes text and keeps the offsets that a parser would report."""

    def __init__(self) -> None:
        self.text = ""
        self.sections: list[Section] = []
        self.floats: list[Float] = []
        self.entries: list[Reference] = []

    def say(self, text: str) -> tuple[int, int]:
        start = len(self.text)
        self.text += text
        return start, len(self.text)

    def section(self, title: str, body: str) -> None:
        self._close()
        start, after = self.say(f"{title}\n\n")
        self.say(body + "\n\n")
        self.sections.append(Section(number="", title=title, level=1, start=start, body=after, end=len(self.text)))

    def float(self, kind: str, label: str, caption: str, rows: tuple[tuple[str, ...], ...]) -> None:
        start, end = self.say(caption)
        self.say("\n\n" + "".join("  ".join(row) + "\n" for row in rows) + "\n")
        self.floats.append(Float(kind=kind, label=label, caption=caption, start=start, end=end, page=1, rows=rows))  # type: ignore[arg-type]

    def references(self, entries: tuple[str, ...]) -> None:
        self._close()
        self.say("References\n\n")
        for index, raw in enumerate(entries, start=1):
            start, end = self.say(raw)
            self.say("\n")
            authors, _, rest = raw.partition(". ")
            year = raw.rstrip(".")[-4:]
            self.entries.append(
                Reference(
                    index=index,
                    raw=raw,
                    start=start,
                    end=end,
                    title=rest.partition(". ")[0],
                    authors=tuple(authors.split(" and ")),
                    year=int(year) if year.isdigit() else None,
                )
            )

    def done(self, title: str, abstract: str) -> Manuscript:
        marks = (("Haber and Stornetta (1991)", 1), ("(Merkle, 1988)", 2))
        citations = tuple(
            Citation(start=at, end=at + len(mark), text=mark, target=target, resolved=True)
            for mark, target in marks
            if (at := self.text.find(mark)) >= 0
        )
        return Manuscript(
            source="pdf",
            title=title,
            abstract=abstract,
            text=self.text,
            sections=tuple(self.sections),
            references=tuple(self.entries),
            citations=citations,
            floats=tuple(self.floats),
        )

    def _close(self) -> None:
        if self.sections:
            last = self.sections.pop()
            self.sections.append(structs.replace(last, end=len(self.text)))
