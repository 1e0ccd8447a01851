"""One vocabulary inside, and prose where a reader looks for it."""

from __future__ import annotations

import ast
import re

from tests.house.source import ROOMS, ROOT, functions, modules, public_functions, tracked

# RAGFlow's and Open WebUI's words for dataset, document, chat and session; the dialects speak them on the wire.
FOREIGN = re.compile(r"\b(kbs?|kb_ids?|dialogs?|conversations?|parser_ids?|doc_nums?|doc_ids?|knowledge|knowledgebases?)\b")
SHAPELESS = re.compile(r"(^|_)(utils?|helpers?|managers?|handle[rs]?|process|common|misc)(_|$)")
# Built from parts, so that this file does not name them.
HOSTS = ["py" + "pi.org", "python" + "hosted.org", "crates" + ".io", "npm" + "js", "maven" + ".org", "deb." + "debian", "download." + "pytorch"]
PLACES = ["/" + "work/main", "/" + "work/shared", "/" + "root/", "/" + "tmp/dt", "/" + "opt/wheels"]


def test_the_house_speaks_its_own_words():
    # HTML has a dialog element, a chat has texts that clients know as they stand, and a canvas's parameters have names of their own
    wire = {"ingest/parse/html.py", "chat/wording.py", "chat/canvas/components/retrieval.py"}
    inside = [name for name in modules() if not name.startswith(("api/", "legacy/")) and name not in wire]
    strays = [f"{name}: {match[0]}" for name in inside for match in FOREIGN.finditer((ROOT / name).read_text(encoding="utf-8"))]
    assert not strays


def test_names_say_what_a_thing_does():
    names = [(where, node.name) for where, node in functions()]
    names += [(name, part.removesuffix(".py")) for name in modules() for part in name.split("/")]
    assert not [where for where, name in names if SHAPELESS.search(name)]


def test_every_module_says_in_one_sentence_what_it_is_for():
    first = {name: (ast.get_docstring(tree) or "").split("\n\n")[0] for name, tree in modules().items()}
    assert not [name for name, text in first.items() if not text.rstrip().endswith((".", ":", "`"))]


def test_every_public_function_says_what_it_does():
    assert not [where for where, node in public_functions() if not ast.get_docstring(node)]


def test_every_room_says_in_six_lines_what_lives_there():
    for room in ROOMS:
        text = (ROOT / room / "README.md").read_text(encoding="utf-8")
        assert 0 < len(text.splitlines()) <= 6, room


def test_crashes_are_caught_in_three_places_only():
    """The application's crash answer, the worker's loop, a stream that has begun (house rules)."""
    broad = [
        f"{name}:{node.lineno}"
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and (node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException"))
    ]
    assert len(broad) <= 3, broad


def test_no_file_names_a_registry_or_the_machine_it_was_written_on():
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8", errors="replace") for path in tracked()}
    assert not [f"{name}: {word}" for name, text in texts.items() for word in HOSTS + PLACES if word in text]
