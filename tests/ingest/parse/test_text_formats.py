"""Text, HTML, Markdown, CSV, JSON and XML: what a person sees, in order (contract 7.2, 7.3)."""

from __future__ import annotations

import json

import pytest
from tests.ingest import samples

FRENCH = "L'été dernier, un élève français a mangé une crêpe près de la forêt."
CHINESE = "检索增强生成把外部知识交给语言模型，因此答案有据可查。"
ENCODED = [
    (FRENCH, "utf-8"), (FRENCH, "utf-8-sig"), (FRENCH, "utf-16"), (FRENCH, "utf-16-le"), (FRENCH, "utf-16-be"), (FRENCH, "cp1252"),
    (CHINESE, "utf-8"), (CHINESE, "utf-16"), (CHINESE, "gb18030"), (CHINESE, "gbk"), (CHINESE, "utf-32"),
]


@pytest.mark.parametrize(("text", "encoding"), ENCODED, ids=[f"{encoding} {text[:2]}" for text, encoding in ENCODED])
@pytest.mark.parametrize("times", [1, 200], ids=["once", "200 times"])
def test_text_is_read_in_its_encoding(texts, text, encoding, times):
    assert "".join(texts("a.txt", (text * times).encode(encoding), delimiter="|")) == text * times


def test_an_accent_after_a_megabyte_of_ascii_still_decides_the_encoding(texts):
    text = "plain words all along\n" * 50_000 + FRENCH
    assert texts("a.txt", text.encode("cp1252"), delimiter=r"\n")[-1].endswith(FRENCH)


def test_a_damaged_byte_costs_that_byte_alone(texts):
    assert texts("a.txt", CHINESE.encode()[:30] + b"\xff" + CHINESE.encode()[30:], delimiter="|") == [CHINESE]


def test_line_ends_of_every_system_are_newlines(texts):
    """And stay between words (decisions B24)."""
    assert texts("a.txt", "one\r\ntwo\rthree\nfour") == ["one\ntwo\nthree\nfour"]


@pytest.mark.parametrize("name", ["a.py", "a.java", "A.SQL", "a.go", "a.log", "a.ini", "a.yml", "a.rs"])
def test_source_code_and_settings_are_text(texts, name):
    assert texts(name, "first\nsecond") == ["first\nsecond"]


def test_html_gives_its_title_and_then_its_lines_without_markup(texts):
    page = """<html><head><title>The  title</title><style>p {}</style></head><body><nav>Menu Home About</nav>
    <h1>Heading</h1><script>var x = "<p>no</p>";</script><p>One <b>bold</b>
    word.<br>After a break.</p><ul><li>first<li>second</ul><div hidden>unseen</div>
    <pre>def f():
    return 1</pre><footer>Imprint</footer></body></html>"""
    assert texts("a.html", page) == [
        "The title\nHeading\nOne bold word.\nAfter a break.\nfirst\nsecond\ndef f():\n    return 1"
    ]


def test_tables_of_a_page_go_before_its_text_and_layout_tables_are_text(texts):
    data = "<table border=1><caption>Prices</caption><tr><th>Item<th>Price</tr><tr><td>Pear &amp; plum<td colspan=2>1 &lt; 2</tr></table>"
    layout = f"<table><tr><td>Left</td><td><p>Right</p></td></tr></table><table><tr><td><p>Before</p>{data}</td></tr></table>"
    assert texts("a.html", f"<body><p>Text</p>{layout}</body>") == [
        "<table><caption>Prices</caption><tr><th>Item</th><th>Price</th></tr>"
        '<tr><td>Pear &amp; plum</td><td colspan="2">1 &lt; 2</td></tr></table>',
        "Text\nLeft\nRight\nBefore",
    ]


def test_the_main_part_of_a_page_is_preferred_when_it_holds_most_of_the_text(texts):
    body = "<div>Around it</div><main><p>" + "The matter itself. " * 20 + "</p></main>"
    assert "Around" not in texts("a.html", f"<body>{body}</body>")[0]


def test_html_in_its_declared_encoding(texts):
    page = '<meta charset="shift_jis"><p>日本語の文章です。これは試験のためのページ。</p>'
    assert texts("a.html", page.encode("shift_jis")) == ["日本語の文章です。これは試験のためのページ。"]


def test_markdown_tables_are_chunks_and_headings_hold_on_to_what_follows(texts):
    source = "# Top\n\n## Part\ntext under it\n\n| a | b |\n|---|---|\n| 1 | x \\| y |\n\nmore\n\n```\n| no | table |\n|---|---|\n| 3 | 4 |\n```\n"
    assert texts("a.md", source) == [
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>x | y</td></tr></table>",
        "# Top\n## Part\ntext under it\nmore\n```\n| no | table |\n|---|---|\n| 3 | 4 |\n```",
    ]
    assert texts("a.md", "# Top\n\n## Part\ntext under it\nmore", chunk_token_num=1) == ["# Top\n## Part\ntext under it", "more"]


def test_an_html_table_in_markdown_is_a_chunk_also_with_blank_lines_inside(texts):
    source = "Before\n\n<table>\n<tr><td>a</td><td>b</td></tr>\n\n<tr><td>c</td><td>d</td></tr>\n</table>\n\nAfter"
    assert texts("a.md", source) == ["<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "Before\nAfter"]


def test_a_line_of_markdown_that_is_far_too_long_is_halved_between_words(texts):
    line = " ".join(f"word{n}" for n in range(400))
    found = texts("a.md", line, chunk_token_num=50)
    assert len(found) > 3
    assert " ".join(" ".join(found).split()) == line


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
def test_each_row_of_a_csv_is_a_line_of_header_and_value(texts, delimiter):
    rows = [["Name", "City", ""], ["Ann", "Oslo", "extra"], ["Bo", "", ""], ["", "", ""], ["Eve; or so", "A\nB", ""]]
    content = "\n".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    assert texts("a.csv", content) == ["Name：Ann; City：Oslo; extra\nName：Bo\nName：Eve; or so; City：A B"]


def test_title_lines_above_a_table_are_not_its_header(texts):
    assert texts("a.csv", "Sales of 2020,,\n\nName,City,Sum\nAnn,Oslo,3\nBo,Rome,4") == [
        "Sales of 2020\nName：Ann; City：Oslo; Sum：3\nName：Bo; City：Rome; Sum：4"
    ]


def test_html4excel_gives_tables_of_twelve_rows_with_the_header_repeated(texts):
    rows = "\n".join(f"{n},n{n}" for n in range(25))
    found = texts("a.csv", "id,name\n" + rows, html4excel=True)
    assert [table.count("<tr>") for table in found] == [13, 13, 2]
    assert all(table.startswith("<table><tr><th>id</th><th>name</th></tr>") for table in found)


def test_json_is_split_into_objects_that_keep_their_path(texts):
    value = {"a": {"b": [{"text": "x" * 90}, {"text": "y" * 90}, {"text": "z" * 90}]}, "last": None, "empty": {}}
    found = texts("a.json", json.dumps(value), chunk_token_num=64)
    pieces = [json.loads(line) for text in found for line in text.split("\n")]
    assert all(len(json.dumps(piece)) <= 2 * 64 + 40 for piece in pieces)
    assert [piece["a"]["b"] for piece in pieces if "a" in piece] == [
        {"0": {"text": "x" * 90}}, {"1": {"text": "y" * 90}}, {"2": {"text": "z" * 90}}
    ]
    assert {"last": None, "empty": {}}.items() <= pieces[-1].items()


def test_a_small_json_file_is_one_object_and_a_bare_value_is_itself(texts):
    assert texts("a.json", '{"名": ["x", 1.5, true]}') == ['{"名": {"0": "x", "1": 1.5, "2": true}}']
    assert texts("a.json", '"only a text"') == ['"only a text"']
    assert texts("a.json", "[]") == []


def test_json_lines_are_read_as_a_list(texts):
    assert texts("a.json", '{"a": 1}\n{"a": 2}\n') == ['{"0": {"a": 1}, "1": {"a": 2}}']


def test_xml_gives_the_text_of_its_elements(texts):
    source = '<?xml version="1.0" encoding="UTF-8"?><r><!-- no --><a x="1">One <b>two</b></a><c><![CDATA[three <&>]]></c></r>'
    assert texts("a.xml", source) == ["One\ntwo\nthree <&>"]
    assert texts("a.xml", source.encode("utf-16")) == ["One\ntwo\nthree <&>"]


def test_content_decides_over_the_name_where_both_can_be_read(texts):
    assert texts("a.xls", "<html><body><table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>") == [
        "<table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>"
    ]
    assert texts("a.doc", samples.word(lambda document: document.add_paragraph("really a docx"))) == ["really a docx"]
    assert texts("a.txt", samples.pdf(samples.lines("really a pdf"))) == ["really a pdf"]
