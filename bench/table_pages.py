"""Pages with tables of every make, drawn from a seed, and what stands in their cells."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from fpdf import FPDF

KINDS = ("ruled", "merged", "ruled over two pages", "unruled", "unruled over two pages")
_WORDS = (
    "pump valve pressure flow meter sensor north south total average yearly cost unit steel copper gasket filter motor shaft "
    "bearing inlet outlet tank level switch relay panel cable fuse lamp screen door hinge bracket plate washer"
).split()
_TOP, _BOTTOM, _LEFT = 130, 760, 60
_LINE = 14


@dataclass(frozen=True, slots=True)
class Drawn:
    """A PDF with one table; `cells` are (row, column, text) of each cell's upper left corner."""

    kind: str
    data: bytes
    cells: set[tuple[int, int, str]]


@dataclass(frozen=True, slots=True)
class _Cell:
    row: int
    column: int
    rows: int
    columns: int
    text: str


def drawn_tables(each: int = 8, seed: int = 7) -> list[Drawn]:
    """So many tables of each kind, the same for the same seed."""
    return [_drawn(kind, random.Random(f"{seed} {kind} {number}")) for kind in KINDS for number in range(each)]


def _drawn(kind: str, chance: random.Random) -> Drawn:
    columns = chance.randint(3, 6)
    rows = chance.randint(30, 50) if "two pages" in kind else chance.randint(4, 12)
    widths = [chance.randint(68, 440 // columns + 12) for _ in range(columns)]
    cells = _cells(rows, columns, chance, merges=kind == "merged")
    document = FPDF(unit="pt", format="A4")
    document.set_auto_page_break(False)
    document.add_page()
    document.set_font("Helvetica", size=chance.choice((9, 10, 11)))
    document.text(_LEFT, 80, "This page says something in a sentence before its table comes.")
    document.text(_LEFT, 110, f"Table {chance.randint(1, 9)}: What was measured in the plant")
    _draw(document, cells, widths, rows, chance, is_ruled=not kind.startswith("unruled"))
    return Drawn(kind, bytes(document.output()), {(cell.row, cell.column, cell.text) for cell in cells if cell.text})


def _cells(rows: int, columns: int, chance: random.Random, *, merges: bool) -> list[_Cell]:
    taken: set[tuple[int, int]] = set()
    cells = []
    for row in range(rows):
        for column in range(columns):
            if (row, column) in taken:
                continue
            high = wide = 1
            if merges and chance.random() < 0.15:
                wide = 2 if column + 1 < columns and (row, column + 1) not in taken else 1
                high = 2 if wide == 1 and row + 1 < rows else 1
            taken.update((row + y, column + x) for y in range(high) for x in range(wide))
            cells.append(_Cell(row, column, high, wide, _text(row, column, chance)))
    return cells


def _text(row: int, column: int, chance: random.Random) -> str:
    if row == 0 or column == 0:
        return " ".join(chance.sample(_WORDS, chance.choice((1, 1, 2)))).capitalize()[:14].strip()
    if chance.random() < 0.08:
        return ""
    return chance.choice((f"{chance.uniform(0, 9999):,.2f}", str(chance.randint(0, 999)), chance.choice(_WORDS), f"{chance.randint(0, 99)} %"))


def _draw(document: FPDF, cells: Sequence[_Cell], widths: Sequence[int], rows: int, chance: random.Random, *, is_ruled: bool) -> None:
    height = _LINE + chance.choice((4, 6, 8))
    per_page = [(_BOTTOM - _TOP) // height, (_BOTTOM - 70) // height]
    aligned = [0, *(chance.choice((0, 1)) for _ in widths[1:])]
    start, top = 0, _TOP
    for number in range(2):
        end = min(rows, start + per_page[number])
        shown = [cell for cell in cells if start <= cell.row < end] + ([cell for cell in cells if cell.row == 0] if number else [])
        for cell in shown:
            at = 0 if number and cell.row == 0 else cell.row - start + (1 if number else 0)
            _draw_cell(document, cell, widths, (top + at * height, height, aligned[cell.column]), is_ruled=is_ruled)
        if end == rows:
            document.text(_LEFT, top + (end - start + 1 + number) * height + 20, "After the table the text goes on with a sentence.")
            return
        document.add_page()
        start, top = end, 70


def _draw_cell(document: FPDF, cell: _Cell, widths: Sequence[int], place: tuple[int, int, int], *, is_ruled: bool) -> None:
    top, height, is_right = place
    left, width = _LEFT + sum(widths[:cell.column]), sum(widths[cell.column:cell.column + cell.columns])
    if is_ruled:
        document.rect(left, top, width, height * cell.rows)
    inset = width - 5 - document.get_string_width(cell.text) if is_right else 5
    document.text(left + inset, top + height * cell.rows / 2 + 4, cell.text)
