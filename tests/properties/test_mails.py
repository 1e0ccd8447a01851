"""Any mail: each line of its parts is read, once and in order, however the parts are within each other."""

from __future__ import annotations

import tempfile
from email.message import Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from html import escape
from itertools import count
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.conftest import chunks_of

LINE = st.text(st.sampled_from("word größe 阀门 👍 !? <&> 7"), min_size=1, max_size=12).filter(str.strip)
PARTS = st.recursive(
    st.tuples(st.sampled_from(["plain", "html", "alternative", "quoted"]), st.lists(LINE, min_size=1, max_size=4)),
    lambda inner: st.tuples(st.sampled_from(["mixed", "related", "forwarded"]), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=8,
)


def part_of(tree: tuple[str, list], numbers: count, said: list[str]) -> Message:
    """The part that a tree describes; `said` takes the lines that a reader must find, each with a number of its own."""
    kind, inside = tree
    if kind in ("mixed", "related"):
        return MIMEMultipart(kind, None, [part_of(one, numbers, said) for one in inside])
    if kind == "forwarded":
        return MIMEMessage(MIMEMultipart("mixed", None, [part_of(one, numbers, said) for one in inside]))
    lines = [f"#{next(numbers):04} {' '.join(line.split())}" for line in inside]
    said += lines
    plain, html = MIMEText("\r\n\r\n".join(lines)), MIMEText("".join(f"<p>{escape(line)}</p>" for line in lines), "html")
    if kind == "quoted":
        return MIMEText("\n".join(lines), "plain", "utf-16")
    return {"plain": plain, "html": html}.get(kind) or MIMEMultipart("alternative", None, [plain, html])


@given(PARTS)
@settings(max_examples=60, deadline=None)
def test_a_mail_has_all_its_lines_in_order_and_once(tree):
    said: list[str] = []
    mail = MIMEMultipart("mixed", None, [part_of(tree, count(), said)])
    messages: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.eml"
        path.write_bytes(mail.as_bytes())
        found = "\n".join(draft.content for draft in chunks_of(path, messages=messages))
    if not messages:
        assert found.split("\n") == said
