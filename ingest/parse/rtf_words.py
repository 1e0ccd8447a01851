"""The control words of Rich Text Format that matter for reading, and its character sets."""

from __future__ import annotations

import codecs

SHOWN = {
    "line": "\n", "tab": "\t", "bullet": "•", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " ", "softline": "\n",
}  # fmt: skip
SAME = {"sect": "par", "page": "par", "nestcell": "cell", "nestrow": "row"}
SYMBOLS = {"~": "\u00a0", "_": "-", "\\": "\\", "{": "{", "}": "}", "\t": "\t"}
SKIPPED = frozenset(
    "colortbl info pict object objdata header headerl headerr headerf footer footerl footerr footerf listtable listoverridetable revtbl rsidtbl"
    " generator themedata colorschememapping latentstyles datastore xmlnstbl mmathPr fldinst bkmkstart bkmkend nonshppict"
    " atnid atnauthor annotation filetbl pgptbl template userprops wgrffmtfilter falt panose tc xe private".split()
)
"""Destinations whose text is none of the document's."""
TARGETS = frozenset(("fonttbl", "stylesheet"))
CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5", 161: "cp1253", 162: "cp1254",
    163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip


def codec(page: int) -> str:
    """The codec of a code page; the usual one where it is unknown."""
    if page == 936:
        return "gb18030"
    if page == 65001:
        return "utf-8"
    try:
        return codecs.lookup(f"cp{page}").name
    except LookupError:
        return "cp1252"


def joined(text: str) -> str:
    """Text whose characters beyond the basic plane were written in two halves."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
