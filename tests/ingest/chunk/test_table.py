"""The table method: one chunk for each row, its columns typed, its headers as a person reads them (contract 7.3)."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter
from tests.ingest import samples

from ingest.chunk.columns import kind_of


def book(fill: Any) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as workbook:
        fill(workbook.add_worksheet("Prices"))
    return stream.getvalue()


def values(draft: Any) -> dict[str, object]:
    return {field.name: field.value for field in draft.fields}


def test_a_row_is_a_chunk_that_names_its_columns(texts):
    text = "name\tprice\nvalve\t3.5\n\npump\t\n"
    assert texts("a.txt", text, method="table") == ["name:valve; price:3.5", "name:pump"]
    assert texts("a.csv", text.replace("\t", ","), method="table") == ["name:valve; price:3.5", "name:pump"]


def test_columns_have_the_type_of_most_of_their_values(chunk):
    text = "name,count,price,sold,when\nvalve,3,2.5,yes,2024-03-01\npump,\"1,200\",4,no,2024/05/06 07:08:09\n7,none,1e3,maybe,soon\n"
    first, second, third = chunk("a.csv", text, method="table")
    assert values(first) == {"name_tks": "valve", "count_long": 3, "price_flt": 2.5, "sold_kwd": True, "when_dt": "2024-03-01T00:00:00"}
    assert values(second)["count_long"] == 1200 and values(second)["price_flt"] == 4.0 and values(second)["when_dt"] == "2024-05-06T07:08:09"
    assert values(third) == {"name_tks": "7", "price_flt": 1000.0}
    assert third.content == "name:7; count:none; price:1e3; sold:maybe; when:soon"


@pytest.mark.parametrize(
    ("text", "kind"),
    [("12", "long"), ("-1,234,567", "long"), ("007", "tks"), ("1.5", "flt"), (".5", "flt"), ("1,5", "tks"), ("3e4", "flt"),
     ("是", "kwd"), ("FALSE", "kwd"),
     ("2024年3月1日", "dt"), ("1 March 2024", "dt"), ("2024-13-01", "tks"), ("12%", "tks"), ("version 2024-1", "tks"), ("9" * 30, "tks")],
)  # fmt: skip
def test_a_value_has_the_narrowest_kind(text, kind):
    assert kind_of(text) == kind


def test_field_names_leave_out_what_stands_in_brackets_or_after_a_slash(chunk):
    [draft] = chunk("a.csv", "Net price (EUR),Colour/颜色,重量（公斤）\n1,red,2\n", method="table")
    assert [(field.name, field.header) for field in draft.fields] == [
        ("Net_price_long", "Net price (EUR)"), ("Colour_tks", "Colour/颜色"), ("重量_long", "重量（公斤）")
    ]
    assert draft.content == "Net price (EUR):1; Colour/颜色:red; 重量（公斤）:2"


def test_two_columns_of_one_field_name_stay_two_fields(chunk):
    [draft] = chunk("a.csv", "price (net),price (gross)\n1,2\n", method="table")
    assert values(draft) == {"price_long": 1, "price_long2": 2}


@pytest.mark.parametrize("name", ["id", "_id", "Index", "IDX"])
def test_columns_of_numbers_of_rows_are_dropped(texts, name):
    assert texts("a.csv", f"{name},name\n1,valve\n", method="table") == ["name:valve"]


def test_a_name_that_stands_twice_is_refused(refusal):
    assert refusal("a.csv", "name,name\n1,2\n", method="table") == "The table has two columns named 'name'; each needs a name of its own."


def test_a_header_without_rows_gives_no_chunk(texts):
    assert texts("a.csv", "name,price\n", method="table") == []


def test_merged_cells_name_the_columns_below_them_and_fill_the_rows_they_cover(texts):
    def fill(sheet: Any) -> None:
        sheet.merge_range("A1:E1", "Prices of 2024")
        sheet.merge_range("A2:A3", "Kind")
        sheet.merge_range("B2:C2", "Spring")
        sheet.merge_range("D2:E2", "Autumn")
        sheet.write_row("B3", ["low", "high", "low", "high"])
        sheet.merge_range("A4:A5", "valve")
        sheet.write_row("B4", [1, 2, 3, 4])
        sheet.write_row("B5", [5, 6, 7, 8])
        sheet.write_row("A6", ["pump", 9])
        sheet.merge_range("C6:E6", "none")

    assert texts("a.xlsx", book(fill), method="table") == [
        "Kind:valve; Spring-low:1; Spring-high:2; Autumn-low:3; Autumn-high:4",
        "Kind:valve; Spring-low:5; Spring-high:6; Autumn-low:7; Autumn-high:8",
        "Kind:pump; Spring-low:9; Spring-high:none; Autumn-low:none; Autumn-high:none",
    ]


def test_a_merged_header_over_data_names_its_first_column(texts):
    def fill(sheet: Any) -> None:
        sheet.write("A1", "Name")
        sheet.merge_range("B1:C1", "Sizes")
        sheet.write_row("A2", ["valve", 1, 2])
        sheet.write_row("A3", ["pump", 3, 4])

    assert texts("a.xlsx", book(fill), method="table") == ["Name:valve; Sizes:1; 2", "Name:pump; Sizes:3; 4"]


def test_merged_cells_count_from_the_first_column_in_use(texts):
    def fill(sheet: Any) -> None:
        sheet.write("C3", "Kind")
        sheet.merge_range("D3:E3", "Year")
        sheet.write_row("D4", ["one", "two"])
        sheet.write_row("C5", ["valve", 1, 2])

    assert texts("a.xlsx", book(fill), method="table") == ["Kind:valve; Year-one:1; Year-two:2"]


def test_a_second_row_of_names_is_known_without_merged_cells(texts):
    text = "Group,Results,,\n,right,late,early\nA,1,2,3\nB,4,5,6\n"
    assert texts("a.csv", text, method="table")[0] == "Group:A; Results-right:1; late:2; early:3"


def test_each_sheet_has_a_header_of_its_own(texts):
    sheets = samples.workbook(One=[["name", "price"], ["valve", 1]], Two=[["town", "people"], ["Ulm", 2]])
    assert texts("a.xlsx", sheets, method="table") == ["name:valve; price:1", "town:Ulm; people:2"]


def test_a_row_as_wide_as_no_program_makes_it_is_refused(refusal):
    assert "columns" in refusal("a.csv", "a," * 20_000 + "\n" + "1," * 20_000, method="table")
