"""Ways to write an order so that its words are not there to be searched for."""

import base64
import codecs
from urllib.parse import quote

_LOOK_ALIKE = dict(zip("aceiopsxyABEHKMOPTX", "асеіорѕхуАВЕНКМОРТХ", strict=True))
_LOOK_ALIKE_BACK = {theirs: ours for ours, theirs in _LOOK_ALIKE.items()}


def in_base64(text: str) -> str:
    """Base64 of the UTF-8 form."""
    return base64.b64encode(text.encode()).decode()


def in_hex(text: str) -> str:
    """Hexadecimal of the UTF-8 form."""
    return text.encode().hex()


def in_percent(text: str) -> str:
    """Percent encoding, letters too."""
    return "".join(f"%{byte:02X}" for byte in text.encode()) if text.isascii() else quote(text, safe="")


def in_character_codes(text: str) -> str:
    """Escapes of a programming language, one for each UTF-16 unit."""
    raw = text.encode("utf-16-be")
    return "".join(f"\\u{raw[at]:02x}{raw[at + 1]:02x}" for at in range(0, len(raw), 2))


def in_rot13(text: str) -> str:
    """Letters moved by half the Latin alphabet."""
    return codecs.encode(text, "rot13")


def backwards(text: str) -> str:
    """Last letter first."""
    return text[::-1]


def spaced(text: str) -> str:
    """A blank after each letter, three between words."""
    return "   ".join(" ".join(word) for word in text.split())


def look_alike(text: str) -> str:
    """Every second letter that has a twin in the other alphabet is replaced by it."""
    swapped, odd = [], False
    for char in text:
        twin = _LOOK_ALIKE.get(char) or _LOOK_ALIKE_BACK.get(char)
        odd = not odd if twin else odd
        swapped.append(twin if twin and odd else char)
    return "".join(swapped)


def zero_width(text: str) -> str:
    """A zero-width space between all letters."""
    return "\u200b".join(text)


def in_tags(text: str) -> str:
    """Tag characters, which draw nothing; the UTF-8 form in hexadecimal where the text is not ASCII."""
    plain = text if text.isascii() else in_hex(text)
    return "".join(chr(0xE0000 + ord(char)) for char in plain)
