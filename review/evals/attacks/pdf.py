"""A small PDF writer that can do what an attacker does: any text state, any font map, any hiding place.

It writes operators itself, because a library that makes good PDFs hides exactly what is needed here.
"""

from collections.abc import Iterable

PAGE = (612.0, 792.0)  # points
Box = tuple[float, float, float, float]


class Pdf:
    """Objects of a file under construction."""

    def __init__(self) -> None:
        self._objects: list[bytes] = []
        self.catalog: dict[str, str] = {}
        self.info: dict[str, str] = {}

    def add(self, body: str | bytes) -> int:
        """Add an object; returns its number."""
        self._objects.append(body.encode("latin-1") if isinstance(body, str) else body)
        return len(self._objects)

    def put(self, number: int, body: str) -> None:
        """Fill in an object that was reserved with an empty `add`."""
        self._objects[number - 1] = body.encode("latin-1")

    def stream(self, data: bytes, extra: str = "") -> int:
        """Add a stream object; returns its number."""
        return self.add(b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), extra.encode("latin-1"), data))

    def written(self) -> bytes:
        """The finished file."""
        root = self.add(f"<< /Type /Catalog {_entries(self.catalog)} >>")
        info = self.add(f"<< {_entries(self.info)} >>")
        out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
        for number, body in enumerate(self._objects, 1):
            offsets.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
        out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        out += f"trailer\n<< /Size {len(offsets) + 1} /Root {root} 0 R /Info {info} 0 R >>\n".encode()
        return bytes(out + f"startxref\n{start}\n%%EOF\n".encode())


class Typeface:
    """Times for Western text, and a font without outlines that names any character through its ToUnicode map."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def shown(self, text: str) -> str:
        """Operators that choose a font of size 1 and show the text; the caller sets matrix and colour."""
        raw = _western(text)
        if raw is not None:
            return f"/F1 1 Tf {literal(raw)} Tj"
        codes = [self._codes.setdefault(char, len(self._codes) + 1) for char in text]
        return f"/F8 1 Tf <{''.join(f'{code:04X}' for code in codes)}> Tj"

    def write(self, pdf: Pdf) -> str:
        """Add the fonts; returns the entries of a page's font dictionary."""
        times = pdf.add("<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /Encoding /WinAnsiEncoding >>")
        bold = pdf.add("<< /Type /Font /Subtype /Type1 /BaseFont /Times-Bold /Encoding /WinAnsiEncoding >>")
        names = f"/F1 {times} 0 R /F2 {bold} 0 R"
        if not self._codes:
            return names
        to_unicode = pdf.stream(to_unicode_map({code: char for char, code in self._codes.items()}, digits=4))
        descriptor = pdf.add(
            "<< /Type /FontDescriptor /FontName /Any /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
            "/Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>"
        )
        widths = " ".join(str(1000 if ord(char) > 0x2E80 else 500) for char in self._codes)
        descendant = pdf.add(
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Any /CIDToGIDMap /Identity "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/FontDescriptor {descriptor} 0 R /DW 500 /W [1 [{widths}]] >>"
        )
        font = pdf.add(
            "<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /Identity-H "
            f"/DescendantFonts [{descendant} 0 R] /ToUnicode {to_unicode} 0 R >>"
        )
        return f"{names} /F8 {font} 0 R"


def remapped_font(pdf: Pdf, drawn: str, claimed: str) -> tuple[int, bytes]:
    """A font whose glyphs draw `drawn` while its map says `claimed`; returns the font and the bytes to show."""
    pairs = list(dict.fromkeys(zip(drawn, claimed, strict=False)))[:200]
    codes = {pair: 33 + n for n, pair in enumerate(pairs)}
    names = " ".join("/space" if d == " " else f"/{d}" for d, _ in pairs)
    to_unicode = pdf.stream(to_unicode_map({code: c for (_, c), code in codes.items()}, digits=2))
    font = pdf.add(
        "<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman "
        f"/Encoding << /Type /Encoding /Differences [33 {names}] >> /ToUnicode {to_unicode} 0 R >>"
    )
    return font, bytes(codes[pair] for pair in zip(drawn, claimed, strict=False) if pair in codes)


def to_unicode_map(chars: dict[int, str], digits: int) -> bytes:
    """A ToUnicode CMap from character codes of so many hex digits to characters."""
    last = "F" * digits
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        f"1 begincodespacerange <{'0' * digits}> <{last}> endcodespacerange",
    ]
    entries = [f"<{code:0{digits}X}> <{char.encode('utf-16-be').hex().upper()}>" for code, char in chars.items()]
    for start in range(0, len(entries), 100):
        part = entries[start : start + 100]
        lines += [f"{len(part)} beginbfchar", *part, "endbfchar"]
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines).encode()


def literal(raw: bytes) -> str:
    """A PDF string of these bytes."""
    return f"<{raw.hex().upper()}>"


def text_string(text: str) -> str:
    """A PDF text string (UTF-16 with its mark) of any characters."""
    return literal(b"\xfe\xff" + text.encode("utf-16-be"))


def reference(number: int) -> str:
    """An indirect reference."""
    return f"{number} 0 R"


def _western(text: str) -> bytes | None:
    try:
        return text.encode("cp1252")
    except UnicodeEncodeError:
        return None


def _entries(values: dict[str, str]) -> str:
    return " ".join(f"/{key} {value}" for key, value in values.items())


def wrapped(text: str, width: int = 96) -> Iterable[str]:
    """Lines of about `width` Latin characters; scripts without blanks are cut."""
    line = ""
    for word in text.split(" "):
        while len(word) > width:
            if line:
                yield line
                line = ""
            yield word[:width]
            word = word[width:]  # noqa: PLW2901 - the rest of the same word
        if len(line) + len(word) + 1 > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield line
