"""Small modules, small functions, few arguments, little nesting."""

from __future__ import annotations

import ast
from statistics import median

from tests.house.source import ROOT, Function, functions, modules

BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)


def test_no_module_is_longer_than_300_lines():
    lengths = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in modules()}
    assert not {name: length for name, length in lengths.items() if length > 300}


def test_no_function_is_longer_than_40_lines_and_most_are_far_shorter():
    lengths = {where: node.end_lineno - node.lineno + 1 for where, node in functions()}
    assert not {where: length for where, length in lengths.items() if length > 40}
    assert median(lengths.values()) < 10


def test_no_function_takes_more_than_six_arguments():
    counts = {where: _arguments(node) for where, node in functions()}
    assert not {where: count for where, count in counts.items() if count > 6}


def test_no_function_nests_deeper_than_three_blocks():
    depths = {where: _depth(node) for where, node in functions()}
    assert not {where: depth for where, depth in depths.items() if depth > 3}


def _arguments(node: Function) -> int:
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([argument for argument in given if argument.arg not in ("self", "cls")])


def _depth(node: ast.AST) -> int:
    """The deepest chain of blocks; an elif is no deeper than its if, a function inside counts by itself."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.Lambda):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, _depth(child) + (isinstance(child, BLOCKS) and not is_elif))
    return deepest
