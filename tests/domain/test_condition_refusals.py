"""What a condition may not say, and how the refusal reads."""

from __future__ import annotations

import ast

import pytest

from gamify_core.domain.condition_closures import work_of
from gamify_core.domain.condition_grammar import parse_text
from gamify_core.domain.conditions import compile_condition
from gamify_core.errors import ConditionError


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("", "empty"),
        ("  \n ", "empty"),
        ("# nothing", "empty"),
        ("a, b", "one value"),
        ("a for a in b", "comprehension"),
        ("a) or (b", "parentheses"),
        ("a)(b", "parentheses"),
        ("a\x00", "valid text"),
        ("'\ud800' == a", "valid text"),
        ("a" * 2001, "at most 2000"),
        ("(" * 300 + "a" + ")" * 300, "cannot be read"),
        ("-" * 1990 + "a", "deep|cannot be read|parts"),
        ("not " * 40 + "a", "nested deeper than 32"),
        ("a + " * 40 + "a", "nested deeper than 32"),
        (" and ".join(["a"] * 250), "more than 200 parts"),
        ("a = 1", "`=` compares nothing, write `==`"),
        ("a == 1 && b", "write `and`, not `&&`"),
        ("a == 1 || b", "write `or`, not `\\|\\|`"),
        ("!a", "write `not`, not `!`"),
        ("a === b", "write `==`"),
        ("a => 1", "write `>=`"),
        ("a =< 1", "write `<=`"),
        ("a <> 1", "write `!=`"),
        ("a ? b : c", "write `a if test else b`"),
        ("a AND b", "small letters"),
        ("a ==", "cannot be read"),
        ("a & b", "write `and`, not `&`"),
        ("a | b", "write `or`, not `|`"),
        ("a ^ b", "not part of the language"),
        ("~a", "write `not`"),
        ("+a", "leave the `\\+` out"),
        ("a ** 2", "product"),
        ("a << 2", "`<<`"),
        ("a >> 2", "`>>`"),
        ("lessons@weekly > 1", "metric"),
        ("a is 1", "write `==`"),
        ("a is not 1", "write `!=`"),
        ("a['b']", "dotted path"),
        ("f'{a}'", "f-string"),
        ("a := 1", "write `==`"),
        ("max(*a)", "star"),
        ("{1}", "a set"),
        ("{'a': 1}", "dictionary"),
        ("lambda: 1", "lambda"),
        ("len([x for x in a])", "comprehension"),
        ("await a", "Await"),
        ("len(a=1)", "by place"),
        ("topic.lower()", r"write lower\(topic\)"),
        ("topic.startswith('a')", r"write startswith\(topic, ...\)"),
        ("a()()", "own functions"),
        ("(a + b).c", "dotted path"),
        ("9223372036854775808", "2\\*\\*63"),
        ("1e999", "too large"),
        ("1j", "complex literal"),
        ("b'a'", "bytes literal"),
        ("...", "ellipsis literal"),
        ("'" + "a" * 501 + "' == b", "at most 500"),
        ("lenn(a)", "did you mean len"),
        ("frobnicate(a)", "there are abs"),
        ("len()", "takes 1 argument, not 0"),
        ("max(1)", "takes 2 or more arguments, not 1"),
        ("roll(1)", "takes 2 arguments, not 1"),
        ("has(1)", "asks for a property"),
        ("metric(a)", "as text"),
        ("metric('  ')", "as text"),
        ("chance(1.5)", "no probability"),
        ("chance('a')", "not a number"),
        ("a == None", "not has"),
        ("None < a", "not has"),
        ("a == true", "write True"),
        ("null == a", "write None"),
        ("participant == 1", "participant.<attribute>"),
        ("event > 1", "written bare"),
        ("event.score > 1", "written bare"),
        ("event.local_houre > 1", "did you mean event.local_hour"),
        ("-'a'", "not a number"),
    ],
)
def test_what_is_not_in_the_language_is_refused_with_a_remedy(source: str, says: str) -> None:
    """Each foreign or mistaken piece is refused when compiled, with words that lead to the right one."""
    with pytest.raises(ConditionError, match=says) as caught:
        compile_condition(source)
    assert caught.value.source == source


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("score & 1", 1, 0),
        ("a and lenn(b)", 1, 6),
        ("'é' == a and ~b", 1, 13),
        ("a\nand\n  ~b", 3, 2),
        ("a\r\nand ~b", 2, 4),
        ("a and and b", 1, 6),
        ("a\nand and b", 2, 4),
        ("(a", 1, 0),
        ("a)", 1, 2),
        ("a ==", 1, 4),
    ],
)
def test_errors_say_where(source: str, line: int, column: int) -> None:
    """An error carries line and column of the piece at fault, counted in the author's characters."""
    with pytest.raises(ConditionError) as caught:
        compile_condition(source)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize("trouble", [RecursionError, MemoryError, ValueError, OverflowError])
def test_a_parser_that_gives_up_is_a_condition_error(
    trouble: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python versions differ in how their parser refuses deep nesting; the caller sees one error."""

    def refuse(*_arguments: object, **_named: object) -> None:
        raise trouble

    monkeypatch.setattr(ast, "parse", refuse)
    with pytest.raises(ConditionError, match="nested too deeply"):
        compile_condition("a")


def test_a_node_that_slipped_through_is_still_refused() -> None:
    """Compiling has no way to run a node outside the language, even in a tree nobody checked."""
    tree = parse_text("lambda: 1")
    with pytest.raises(ConditionError, match="not part of the language"):
        work_of(tree, tree.body)


def test_only_text_is_compiled() -> None:
    """Something else than text is refused in our own words."""
    with pytest.raises(ConditionError, match="is text, not int"):
        compile_condition(5)  # type: ignore[arg-type]
