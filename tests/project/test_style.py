"""Files stay one idea, and functions stay short."""

import ast

import pytest

LONGEST_FILE = 250
LONGEST_BODY = 60
USUAL_BODY = 40
LONG_SHARE = 0.04


def _body_lines(function: ast.FunctionDef) -> int:
    """Return the lines of a function without its signature and its docstring."""
    body = function.body
    first = body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if documented and len(body) > 1:
        first = body[1]
    return body[-1].end_lineno - first.lineno + 1


@pytest.fixture(scope="module")
def sources(checkout):
    """Return the text of every module of the package by its path."""
    modules = sorted((checkout / "neucobench").rglob("*.py"))
    return {path: path.read_text(encoding="utf-8") for path in modules}


@pytest.fixture(scope="module")
def body_lines(sources):
    """Return the length of every function's body by its name."""
    return {
        f"{path}:{node.lineno} {node.name}": _body_lines(node)
        for path, text in sources.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
    }


def test_no_module_is_longer_than_one_idea_needs(sources):
    lengths = {str(path): text.count("\n") for path, text in sources.items()}
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


def test_no_function_is_very_long(body_lines):
    assert {name: n for name, n in body_lines.items() if n > LONGEST_BODY} == {}


def test_few_functions_are_longer_than_usual(body_lines):
    long = [name for name, lines in body_lines.items() if lines > USUAL_BODY]
    assert len(long) < LONG_SHARE * len(body_lines)
