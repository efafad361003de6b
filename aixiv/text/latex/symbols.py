"""Commands that stand for characters, and commands whose arguments print nothing."""

import unicodedata

ACCENTS = {
    "'": "\u0301",
    "`": "\u0300",
    "^": "\u0302",
    '"': "\u0308",
    "~": "\u0303",
    "=": "\u0304",
    ".": "\u0307",
    "u": "\u0306",
    "v": "\u030c",
    "H": "\u030b",
    "c": "\u0327",
    "k": "\u0328",
    "r": "\u030a",
    "d": "\u0323",
    "b": "\u0331",
}
CHARACTERS = {
    "ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł",
    "i": "ı", "j": "ȷ", "S": "§", "P": "¶", "dag": "†", "ddag": "‡", "copyright": "©", "pounds": "£", "euro": "€",
    "textbackslash": "\\", "ldots": "…", "dots": "…", "textellipsis": "…", "textendash": "–", "textemdash": "—",
    "textasciitilde": "~", "textasciicircum": "^", "textunderscore": "_", "textbar": "|", "textless": "<",
    "textgreater": ">", "textbullet": "•", "textperiodcentered": "·", "textquoteright": "’", "textquoteleft": "‘",
    "textquotedblleft": "“", "textquotedblright": "”", "textregistered": "®", "texttrademark": "™", "degree": "°",
    "textdegree": "°", "textpm": "±", "texttimes": "×", "textmu": "µ", "LaTeX": "LaTeX", "TeX": "TeX",
    "BibTeX": "BibTeX", "quad": " ", "qquad": " ", "enspace": " ", "thinspace": " ", "newline": "\n", "linebreak": " ",
    "par": "\n\n", "newblock": " ", "space": " ", "slash": "/", "checkmark": "✓", "cmark": "✓", "xmark": "✗",
    "bigskip": "\n\n", "medskip": "\n\n", "smallskip": "\n\n", "and": "\n", "And": "\n", "AND": "\n", "lbrack": "[",
    "rbrack": "]", "xspace": "", "ie": "i.e.", "eg": "e.g.",
}  # fmt: skip
ESCAPES = {
    "&": "&", "%": "%", "#": "#", "_": "_", "{": "{", "}": "}", "$": "$", ",": " ", ";": " ", ":": " ", " ": " ",
    "!": "", "/": "", "-": "", "@": "", "*": "", "\n": " ", "\\": "\n", "|": "‖", ">": " ",
}  # fmt: skip
SILENT_ARGUMENTS = {
    "label": 1, "vspace": 1, "hspace": 1, "includegraphics": 1, "bibliographystyle": 1, "pagestyle": 1,
    "thispagestyle": 1, "setlength": 2, "addtolength": 2, "setcounter": 2, "addtocounter": 2, "usepackage": 1,
    "documentclass": 1, "graphicspath": 1, "definecolor": 3, "colorlet": 2, "captionsetup": 1, "hypersetup": 1,
    "nocite": 1, "input": 1, "include": 1, "rowcolor": 1, "cellcolor": 1, "columncolor": 1, "arrayrulecolor": 1,
    "cmidrule": 1, "cline": 1, "pdfinfo": 1, "hyphenation": 1, "newtheorem": 2, "theoremstyle": 1, "newenvironment": 3,
    "renewenvironment": 3, "DeclareMathOperator": 2, "setlist": 1, "geometry": 1, "index": 1, "phantomsection": 0,
    "resizebox": 2, "scalebox": 1, "rotatebox": 1, "raisebox": 1, "fontfamily": 1, "markboth": 2, "markright": 1,
    "vskip": 0, "stepcounter": 1, "refstepcounter": 1, "newcounter": 1, "newlength": 1, "pdfbookmark": 2,
    "addcontentsline": 3, "bibliography": 1, "addbibresource": 1, "tikzset": 1, "usetikzlibrary": 1, "pgfplotsset": 1,
    "lstset": 1, "specialrule": 3, "addlinespace": 0, "multicolumn": 2, "multirow": 2, "parbox": 1, "settowidth": 2,
    "fontsize": 2, "color": 1, "affiliation": 1, "affil": 1, "email": 1, "date": 1, "title": 1, "author": 1,
    "keywords": 1, "abstract": 1, "authornote": 1,
    "NewDocumentCommand": 3, "RenewDocumentCommand": 3, "ProvideDocumentCommand": 3, "DeclareDocumentCommand": 3,
    "NewDocumentEnvironment": 4, "RenewDocumentEnvironment": 4, "newrobustcmd": 2, "renewrobustcmd": 2,
    "newcommandx": 2, "renewcommandx": 2, "typeout": 1, "message": 1, "wlog": 1, "special": 1, "glossary": 1,
}  # fmt: skip


def accented(mark: str, letter: str) -> str:
    """`letter` under the accent that the command `mark` sets."""
    plain = {"\\i": "i", "\\j": "j", "ı": "i", "ȷ": "j"}.get(letter, letter)
    return unicodedata.normalize("NFC", plain[:1] + ACCENTS[mark]) + plain[1:]
