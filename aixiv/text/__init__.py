"""From one untrusted file to a manuscript and its layout evidence. The public surface of ingest."""

from aixiv.text.failures import Code, Unreadable
from aixiv.text.fork import ReaderLost
from aixiv.text.limited import crop_limited, parse_limited
from aixiv.text.parse import parse_file
from aixiv.text.parsed import Judged, Parsed, ParseLimits
from aixiv.text.readers import Readers
from aixiv.text.sniff import sniff
from aixiv.text.wire import Loads

__all__ = [
    "Code",
    "Judged",
    "Loads",
    "ParseLimits",
    "Parsed",
    "ReaderLost",
    "Readers",
    "Unreadable",
    "crop_limited",
    "parse_file",
    "parse_limited",
    "sniff",
]
