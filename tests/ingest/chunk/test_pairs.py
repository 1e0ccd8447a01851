"""The methods qa and tag: one chunk for each pair (contract 7.3)."""

from __future__ import annotations

import io

import pytest
from tests.ingest import samples

SHEET = [["Q: How much?", "A: Ten."], ["", "Only one cell"], ["note", "How long?", "Two years.", "more"]]


def test_a_workbook_gives_the_first_two_filled_cells_of_each_row_of_every_sheet(chunk):
    found = chunk("a.xlsx", samples.workbook(One=SHEET, Two=[["", "Where?", "Here."]]), method="qa")
    assert [draft.content for draft in found] == [
        "Question: How much?\tAnswer: Ten.", "Question: note\tAnswer: How long?", "Question: Where?\tAnswer: Here."
    ]
    assert [draft.indexed for draft in found] == ["How much?", "note", "Where?"]


@pytest.mark.parametrize(
    "mark", ["Q: {}\tA: {}", "question：{}\tAnswer: {}", "问题：{}\t回答：{}", "问：{}\t答：{}", "user: {}\tassistant: {}", "Q12: {}\tA12: {}"]
)
def test_marks_of_question_and_answer_are_taken_off(texts, mark):
    assert texts("a.txt", mark.format("how", "so"), method="qa") == ["Question: how\tAnswer: so"]


def test_a_word_that_begins_like_a_mark_stays(texts):
    assert texts("a.txt", "A question\tAnswers vary", method="qa") == ["Question: A question\tAnswer: Answers vary"]


def test_a_dataset_in_chinese_is_answered_in_chinese(chunk):
    [draft] = chunk("a.txt", "问题：多少？\t回答：十。", method="qa", language="Chinese")
    assert (draft.content, draft.indexed) == ("问题：多少？\t回答：十。", "多少？")


def test_lines_that_are_no_pair_go_on_with_the_answer_before_them(texts):
    text = "a preface\none\tfirst\nmore of it\n\nand, more\ntwo\tsecond\na\tb\tc"
    assert texts("a.txt", text, method="qa") == ["Question: one\tAnswer: first\nmore of it\n\nand, more", "Question: two\tAnswer: second\na\tb\tc"]


def test_commas_part_the_pairs_of_a_text_where_more_lines_have_one_comma_than_one_tab(texts):
    assert texts("a.txt", "one,first\ntwo,second\nx\ty", method="qa") == ["Question: one\tAnswer: first", "Question: two\tAnswer: second\nx\ty"]


def test_a_csv_file_is_read_with_its_quotes(texts):
    assert texts("a.csv", '"one, two","the\nanswer"\n', method="qa") == ["Question: one, two\tAnswer: the\nanswer"]


def test_headings_of_markdown_are_questions_and_what_stands_below_them_answers(texts):
    text = "lost\n# Pump\n\n## Oil\nChange *yearly*.\n```\n# no heading\n```\n## Air\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    oil, air = texts("a.md", text, method="qa")
    assert oil == 'Question: Pump\nOil\tAnswer: <p>Change <em>yearly</em>.</p>\n<pre><code># no heading\n</code></pre>'
    assert air.startswith("Question: Pump\nAir\tAnswer: <table>") and "<td>2</td>" in air


def test_headings_of_a_word_file_are_questions_and_its_pictures_stay(chunk):
    def fill(document):
        document.add_heading("Pump", 1)
        document.add_heading("Oil", 2)
        document.add_paragraph("Change yearly.")
        document.add_picture(io.BytesIO(samples.picture()))

    [draft] = chunk("a.docx", samples.word(fill), method="qa")
    assert (draft.content, draft.indexed) == ("Question: Pump\nOil\tAnswer: Change yearly.", "Pump\nOil")
    assert draft.image_kind == "png"


@pytest.mark.parametrize("marks", [("1. ", "2. "), ("Q1: ", "Q2: "), ("QUESTION ONE ", "QUESTION TWO "), ("(1) ", "(2) ")], ids="".join)
def test_numbers_of_a_pdf_tell_its_questions(chunk, marks):
    page = samples.lines(f"{marks[0]}What is a valve?", "It stops water.", f"{marks[1]}What is a pump?", "It moves water.", leading=30)
    first, second = chunk("a.pdf", samples.pdf(page), method="qa")
    assert first.content.endswith("What is a valve?\tAnswer: It stops water.") and first.indexed.endswith("What is a valve?")
    assert second.content.endswith("What is a pump?\tAnswer: It moves water.")
    assert first.positions[0][0] == 1 and first.image is not None


def test_a_pdf_without_questions_says_so(refusal):
    assert refusal("a.pdf", samples.pdf(samples.lines("Just text.")), method="qa") == "Unable to recognize Q&A structure."


def test_tags_are_kept_beside_their_text(chunk):
    found = chunk("a.txt", "a valve\nwith a leak\tWater, pipes.old ,Water\n\nnext\tair\nleft over", method="tag")
    assert [(draft.content, draft.tags) for draft in found] == [("a valve\nwith a leak", ("Water", "pipes_old")), ("next", ("air",))]


def test_tags_come_from_rows_too(chunk):
    [draft] = chunk("a.xlsx", samples.workbook(Tags=[["a valve", "water,air"]]), method="tag")
    assert (draft.content, draft.tags) == ("a valve", ("water", "air"))
