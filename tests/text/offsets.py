"""What must hold of the places in every manuscript, whatever it was read from."""

from review.manuscript import Manuscript


def check_offsets(manuscript: Manuscript) -> None:
    """Every range lies in the text and begins with what it claims to be."""
    text = manuscript.text
    for section in manuscript.sections:
        assert 0 <= section.start <= section.body <= section.end <= len(text)
        assert text[section.start : section.body] == f"{section.number} {section.title}".strip()
    for reference in manuscript.references:
        assert text[reference.start : reference.end] == reference.raw
    for found in manuscript.floats:
        assert text[found.start : found.end] == found.caption
        assert found.caption.startswith(found.label.split()[0][:3])
    for citation in manuscript.citations:
        assert 0 <= citation.start < citation.end <= len(text)
        assert citation.resolved == (citation.target is not None)
        assert citation.target is None or 1 <= citation.target <= len(manuscript.references)
    ends = [0, *(page.end for page in manuscript.pages)]
    for page, previous in zip(manuscript.pages, ends, strict=False):
        assert page.start == previous
        assert page.start <= page.end
    if manuscript.pages:
        assert manuscript.pages[-1].end == len(text)
