"""The block of `key: value` lines before a Markdown text: the small part of YAML that papers use."""

import re

KEY = re.compile(r"^([A-Za-z][\w-]*)\s*:\s*(.*)$")
ITEM = re.compile(r"^\s*-\s+(?:name\s*:\s*)?(.*)$")

Value = str | list[str]


def split_front_matter(text: str) -> tuple[dict[str, Value], list[str], str]:
    """Front matter, its lines that are no part of a value, and the rest; a text without a closed block has none."""
    if not re.match(r"---\s*\n", text):
        return {}, [], text
    end = re.search(r"\n(?:---|\.\.\.)\s*(?:\n|$)", text[3:])
    if not end:
        return {}, [], text
    return *_read(text[3 : 3 + end.start()].splitlines()), text[3 + end.end() :]


def _read(lines: list[str]) -> tuple[dict[str, Value], list[str]]:
    found: dict[str, Value] = {}
    left: list[str] = []
    key = ""
    for line in lines:
        named = KEY.match(line)
        item = ITEM.match(line)
        if named:
            key = named[1].lower()
            if key in found:
                left.append(as_text(found[key]))
            found[key] = _scalar(named[2])
        elif item and key:
            earlier = found[key]
            if isinstance(earlier, str) and earlier:
                left.append(earlier)
            found[key] = [*(earlier if isinstance(earlier, list) else []), str(_scalar(item[1]))]
        elif key and line.strip() and isinstance(found[key], str):
            found[key] = f"{found[key]} {line.strip()}".strip()
        elif line.strip():
            left.append(line.strip())
    return found, left


def _scalar(value: str) -> Value:
    value = value.strip()
    if value in ("|", ">", "|-", ">-"):
        return ""
    if value.startswith("[") and value.endswith("]"):
        return [str(_scalar(v)) for v in value[1:-1].split(",") if v.strip()]
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def as_list(value: Value | None) -> tuple[str, ...]:
    """A list of names however they were written: a list, or one line with commas or `and`."""
    if value is None:
        return ()
    names = value if isinstance(value, list) else re.split(r"\s*[,;]\s*|\s+and\s+", value)
    return tuple(n.strip() for n in names if n.strip())


def as_text(value: Value | None) -> str:
    return ", ".join(value) if isinstance(value, list) else (value or "").strip()
