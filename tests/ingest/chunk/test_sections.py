"""The methods of divided texts: book, laws, manual, paper, and one for those that are not to be divided (contract 7.3)."""

from __future__ import annotations

import textwrap

import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from tests.ingest import samples

from ingest.chunk.bullets import FAMILIES, depth_in, family_of
from ingest.tokens import count

LAW = "总则\n第一编 物权\n第一章 一般规定\n第一条 为了保护\n国家实行\n（一）甲\n（二）乙\n第二章 设立\n第二条 不动产\n第二编 合同\n第三条 依法"


def test_a_line_of_a_law_stands_below_its_articles_chapters_and_parts(texts):
    assert texts("a.txt", LAW, method="laws") == [
        "总则",
        "第一编 物权\n第一章 一般规定\n第一条 为了保护\n国家实行",
        "第一编 物权\n第一章 一般规定\n第一条 为了保护\n（一）甲",
        "第一编 物权\n第一章 一般规定\n第一条 为了保护\n（二）乙",
        "第一编 物权\n第二章 设立\n第二条 不动产",
        "第二编 合同\n第三条 依法",
    ]


def test_a_text_without_divisions_is_no_law_and_says_so(chunk):
    messages: list[str] = []
    assert chunk("a.txt", "just text\nand more", method="laws", messages=messages) == []
    assert messages == ["No chunk parsed out."]


def test_a_word_file_of_law_is_cut_at_its_headings(texts):
    def fill(document):
        document.add_paragraph("Preamble")
        document.add_heading("Rights", 1)
        document.add_paragraph("All are free.")
        document.add_paragraph("All are equal.")
        document.add_heading("Of children", 2)
        document.add_paragraph("They are, too.")

    assert texts("a.docx", samples.word(fill), method="laws") == [
        "Preamble", "Rights\nAll are free.\nAll are equal.", "Rights\nOf children\nThey are, too."
    ]


def test_a_book_without_chapters_is_merged_by_256_tokens(texts):
    lines = [f"This is sentence number {number} of a book that has no chapters." for number in range(60)]
    found = texts("a.txt", "\n".join(lines), method="book")
    assert "\n".join(found) == "\n".join(lines)
    assert all(256 < sum(map(count, content.split("\n"))) <= 256 + count(lines[-1]) for content in found[:-1])


def test_a_table_of_contents_is_left_out(texts):
    text = "Contents\nChapter I ..... 1\nChapter II ..... 9\nChapter I\nIt began.\nChapter II\nIt ended."
    assert texts("a.txt", text, method="book") == ["Chapter I\nIt began.", "Chapter II\nIt ended."]
    assert texts("a.txt", text.replace(" ..... 1", "").replace(" ..... 9", ""), method="book") == ["Chapter I\nIt began.", "Chapter II\nIt ended."]
    assert texts("a.txt", text.replace("Contents", "目 录"), method="laws") == ["Chapter I\nIt began.", "Chapter II\nIt ended."]


def test_a_word_for_contents_in_a_text_takes_nothing_away(texts):
    assert texts("a.txt", "Chapter I\nContents\nThree apples.\nTwo pears.", method="book") == ["Chapter I\nThree apples.", "Chapter I\nTwo pears."]


def test_a_line_that_announces_others_is_a_title_of_theirs(texts):
    assert texts("a.txt", "Chapter I\nYou need:\nflour\nwater", method="book") == ["Chapter I\nYou need:\nflour", "Chapter I\nYou need:\nwater"]


def test_lines_broken_at_a_screens_width_are_paragraphs(texts):
    paragraph = "It was in July, and the speaker was the well-known maid of honor of the Empress, who greeted the prince in many words. " * 3
    broken = "\n".join(textwrap.wrap(paragraph, 70))
    assert texts("a.txt", f"CHAPTER I\n\n{broken}\n\n{broken}", method="book") == [f"CHAPTER I\n{paragraph.strip()}"] * 2


def test_lists_of_lines_of_one_width_stay_lines(texts):
    lines = [f"Entry number {number} of a list of things that all have one width" for number in range(10, 20)]
    assert texts("a.txt", "\n".join(["CHAPTER I", *lines]), method="book") == [f"CHAPTER I\n{line}" for line in lines]


@pytest.mark.parametrize("line", ["0. none", "12 个", "3...", "1.2.3.4.5", "2024.", "Section 2 of this Act applies", "Particles", "第 three"])
def test_lines_that_only_look_like_headings_are_none(line):
    assert all(depth_in(family, line) is None for family in FAMILIES)


@pytest.mark.parametrize(
    ("lines", "depths"),
    [
        (["第一部分 甲", "第一章", "第一节", "第十二条 乙", "（三）丙"], [0, 1, 2, 3, 4]),
        (["第1章", "第2节", "1. a", "1.1 b", "1.1.1 c", "1.1.1.1 d"], [0, 1, 2, 3, 4, 5]),
        (["第一章", "第二节", "一、甲", "（一）乙", "（1）丙", "（2）丁"], [0, 1, 2, 3, 4, 4]),
        (["PART ONE", "Chapter IV", "Section 1", "Article 12. Of"], [0, 1, 2, 3]),
    ],
    ids=["parts", "numbers", "Chinese numbers", "English"],
)  # fmt: skip
def test_each_family_is_known_with_its_depths(lines, depths):
    family = family_of(lines)
    assert family is not None
    assert [depth_in(family, line) for line in lines] == depths


def test_one_numbered_line_makes_no_book_of_chapters():
    assert family_of(["text", "1. an item", "more"]) is None


def test_a_manual_in_word_has_a_chunk_for_each_leaf_of_its_headings(texts):
    def fill(document):
        document.add_heading("Pump", 1)
        document.add_heading("Oil", 2)
        document.add_paragraph("Change it.")
        document.add_paragraph("Yearly.")
        document.add_table(1, 2).rows[0].cells[0].text = "a cell"
        document.add_heading("Air", 2)
        document.add_paragraph("Let it in.")

    table, oil, air = texts("a.docx", samples.word(fill), method="manual")
    assert "Pump &gt; Oil" in table and "a cell" in table
    assert (oil, air) == ("Pump\nOil\nChange it.\nYearly.", "Pump\nAir\nLet it in.")


def test_a_heading_may_be_a_paragraph_that_says_its_level_itself(texts):
    def fill(document):
        for text, level in (("Pump", "0"), ("Change the oil.", None), ("Air", "0"), ("Let it in.", None)):
            paragraph = document.add_paragraph(text)
            if level:
                outline = OxmlElement("w:outlineLvl")
                outline.set(qn("w:val"), level)
                paragraph._p.get_or_add_pPr().append(outline)

    assert texts("a.docx", samples.word(fill), method="manual") == ["Pump\nChange the oil.", "Air\nLet it in."]


def test_a_manual_in_pdf_gathers_small_sections_and_begins_a_new_chunk_at_a_heading(chunk):
    body = [f"Sentence {number} says how the valve is turned by hand." for number in range(4)]
    pages = [samples.lines("1. Valve", *body, "2. Pump", "short", "3. Air", *body, leading=36)]
    found = [draft.content for draft in chunk("a.pdf", samples.pdf(*pages), method="manual")]
    assert found[0].startswith("1. Valve\n") and "2. Pump" not in found[0]
    assert found[1].startswith("2. Pump\nshort\n3. Air\n")


def test_a_paper_has_its_abstract_with_keywords_and_then_a_chunk_for_each_section(chunk):
    def page(document):
        document.set_font("Helvetica", size=20)
        document.text(72, 80, "On Valves")
        document.set_font("Helvetica", size=11)
        document.text(72, 110, "A. Author, University of Water")
        place = 150
        for text in ("Abstract", *["Valves are turned by hand, and we show how this is done in all of the cases that matter to us. "] * 3):
            document.text(72, place, text)
            place += 14
        for number, title in enumerate(("Introduction", "Methods", "Results"), 1):
            document.set_font("Helvetica", "B", size=14)
            document.text(72, place + 30, f"{number} {title}")
            document.set_font("Helvetica", size=11)
            document.text(72, place + 54, f"This is what we say of {title.lower()} in a sentence.")
            place += 80

    found = chunk("a.pdf", samples.pdf(page), method="paper")
    abstract = next(draft for draft in found if draft.important_keywords)
    assert abstract.content.startswith("Abstract") and "in all of the cases" in abstract.content
    assert {"abstract", "summary"} <= set(abstract.important_keywords)
    others = [draft.content for draft in found if not draft.important_keywords]
    assert others[0].startswith("On Valves") and "A. Author" in others[0]
    assert [content.split("\n")[0] for content in others[1:]] == ["1 Introduction", "2 Methods", "3 Results"]


@pytest.mark.parametrize("method", ["manual", "paper", "laws", "book", "one"])
def test_a_chunk_of_a_pdf_knows_its_place(chunk, method):
    pages = [samples.lines(f"Chapter {n}: {of}", f"The text says what {of} are.", leading=40) for n, of in ((1, "Valves"), (2, "Pumps"))]
    found = chunk("a.pdf", samples.pdf(*pages), method=method)
    assert {position[0] for draft in found for position in draft.positions} == {1, 2}
    assert all((draft.image is None) == (method == "one") for draft in found)


def test_one_is_the_whole_file(texts):
    assert texts("a.txt", "one\n\ntwo ", method="one") == ["one\n\ntwo "]
    assert texts("a.md", "# one\n\n| a |\n|---|\n| 1 |\n", method="one") == ["# one\n\n| a |\n|---|\n| 1 |"]
    assert texts("a.html", "<h1>one</h1><p>two</p>", method="one") == ["one\ntwo"]
    assert texts("a.xlsx", samples.workbook(Sheet1=[["a", "b"], [1, 2], [3, 4]]), method="one") == ["a：1; b：2\na：3; b：4"]


def test_a_knowledge_graph_has_chunks_of_8192_tokens_unless_it_is_told_otherwise(texts):
    text = "\n".join(["a line of a few words"] * 3_000)
    size = count("a line of a few words")
    assert texts("a.txt", text, method="knowledge_graph")[0].count("line") == 8_192 // size + 1
    assert len(texts("a.txt", text, method="knowledge_graph", chunk_token_num=1_000)) > 10


def test_headings_that_an_author_has_marked_lead_and_numbers_are_lists_then(texts):
    html = "<h1>Pump</h1><h2>Oil</h2><p>1. Drain it.</p><p>2. Fill it.</p><h2>Air</h2><p>Article 5 Let it in.</p><p>Slowly.</p>"
    found = texts("a.html", f"{html}<p>3. Close it.</p><p>4. Wait.</p>", method="book")
    assert found[:2] == ["Pump\nOil\n1. Drain it.", "Pump\nOil\n2. Fill it."]


def test_rows_that_end_in_numbers_are_no_table_of_contents(texts):
    lines = ["Chapter I", "apples\t3", "pears\t4", "plums\t5", "Chapter II", "nuts_7"]
    assert "\n".join(texts("a.txt", "\n".join(lines), method="book")).count("\t") == 3
