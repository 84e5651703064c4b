"""Splitting: PostgreSQL's own parser finds the statements, and every refusal has its place."""

import pytest

from sbapply.errors import Place
from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.statements import SplitText, split_migration, split_text
from sbapply.migrations.text import place_at, skip_blank


def migration(text: str) -> Migration:
    return Migration("1", "x", "m/1_x.sql", text)


def sources(text: str) -> list[str]:
    split = split_migration(migration(text))
    assert isinstance(split, SplitText), split
    return [split.source(each) for each in split.statements]


def problem_of(text: str) -> Problem:
    problem = split_migration(migration(text))
    assert isinstance(problem, Problem)
    return problem


def shown(problem: Problem) -> tuple[str, str]:
    return problem.code, str(problem.place)


@pytest.mark.parametrize(
    "body",
    [
        "create function f() returns int language sql as $$ select 1; select 2; $$",
        "create function f() returns int language sql as $function$ select $$;$$; $function$",
        "create function f() returns int language sql as $_$ select '$$;'; $_$",
        "create function f(a int) returns int begin atomic select 1; select case when a = 1 then 2 end; end",
        "create procedure p() begin atomic insert into t values (1); update t set a = 2; end",
        "do $body$ begin perform 1; execute 'select 2;'; end $body$",
        "create table weekend (atomic int, trend int, begin_at int)",
        "select 'a;b', $x$;$x$, E'\\';', \"a;b\" from t",
        "select 1 /* ; /* ; */ ; */ + 2",
        "select 1 -- ;\n + 2",
        "create rule r as on insert to t do (insert into u values (1); delete from v)",
        "select U&'d\\0061t;\\+000061'",
        "select 'it''s;'",
        "comment on column t.a is 'smart “quotes”; and 😀;'",
    ],
)
def test_a_semicolon_inside_a_statement_does_not_end_it(body: str) -> None:
    assert sources(f"select 0;\n{body};\nselect 9") == ["select 0", body, "select 9"]


@pytest.mark.parametrize("column", ["weekend", "append", "atomic", "is_atomic", "legend", "begin_end"])
def test_names_that_hold_end_or_atomic_confuse_nobody(column: str) -> None:
    assert sources(f"alter table t add {column} int; select {column} from t;") == [
        f"alter table t add {column} int",
        f"select {column} from t",
    ]


@pytest.mark.parametrize(
    "text", ["select 1", "select 1;", "select 1 -- done", "select 1; -- done", "select 1\n/* done */", "select 1;;"]
)
def test_the_last_statement_needs_no_semicolon_and_may_end_in_a_comment(text: str) -> None:
    (only,) = sources(text)
    assert only.startswith("select 1")


@pytest.mark.parametrize(
    "text", ["", " \n", "-- only a comment", "/* a /* b */ */", ";", ";;\n;", "-- a\n;\n/* b */"]
)
def test_a_file_without_a_statement_is_fine(text: str) -> None:
    assert sources(text) == []


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("", ()),
        ("-- why\nselect 1;\n\nselect 2;\n", ("-- why\nselect 1", "select 2")),
        ("select 1;\n-- the end", ("select 1", "-- the end")),
        ("-- only a comment\n", ("-- only a comment",)),
        ("select 1;;;\n;select 2", ("select 1", "select 2")),
        ("select 'é😀';\r\nselect 2\r\n", ("select 'é😀'", "select 2")),
        ("begin;\nselect 1;\ncommit;", ("begin", "select 1", "commit")),
        ("select 1 /* in */ + 2 -- behind\n;", ("select 1 /* in */ + 2 -- behind",)),
        (
            "create function f() returns int language sql as $$ select 1; $$;\nselect 2;",
            ("create function f() returns int language sql as $$ select 1; $$", "select 2"),
        ),
    ],
)
def test_the_history_keeps_what_the_official_cli_keeps(text: str, stored: tuple[str, ...]) -> None:
    assert split_text(text).stored() == stored


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_comment(newline: str) -> None:
    assert sources(f"-- a{newline}select 1;{newline}-- b{newline}-- c{newline}select 2") == ["select 1", "select 2"]


@pytest.mark.parametrize(
    ("before", "line", "column"),
    [
        ("", 1, 1),
        ("select 1; ", 1, 11),
        ("-- 😀😀\n", 2, 1),
        ("select 'é😀日本'; ", 1, 16),
        ("-- \u200b“smart”\r\nselect '\U0001f469\u200d\U0001f680';\r\n\t", 3, 2),
        ("select $$\n😀\n$$;\n  ", 4, 3),
    ],
)
def test_the_place_of_a_syntax_error_is_counted_in_characters(before: str, line: int, column: int) -> None:
    problem = problem_of(f"{before}selec 1; select 2;")
    assert shown(problem) == ("syntax", f"m/1_x.sql:{line}:{column}")
    assert problem.reason == 'PostgreSQL cannot parse it: syntax error at or near "selec"'


@pytest.mark.parametrize(
    ("text", "near", "place"),
    [
        ("create policy if not exists p on t", "not", "1:18"),
        ("alter table t add constraint if not exists c check (true)", "exists", "1:37"),
        ("create function f() returns int as $ select 1; $ language sql", "$", "1:36"),
        ("select 1;\nHere is the corrected migration:\nselect 2;", "Here", "2:1"),
    ],
)
def test_what_real_folders_get_wrong_is_named(text: str, near: str, place: str) -> None:
    problem = problem_of(text)
    assert shown(problem) == ("syntax", f"m/1_x.sql:{place}")
    assert near in problem.reason


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("select 1 /* open", "1:10"),
        ("select 'open", "1:8"),
        ("select 1;\ndo $$ open", "2:4"),
        ('select "open', "1:8"),
    ],
)
def test_what_is_never_closed_is_named_where_it_opens(text: str, place: str) -> None:
    problem = problem_of(text)
    assert shown(problem) == ("syntax", f"m/1_x.sql:{place}")
    assert "unterminated" in problem.reason


def test_an_unfinished_statement_is_named_at_its_end() -> None:
    assert shown(problem_of("select 1;\nselect (")) == ("syntax", "m/1_x.sql:2:9")


@pytest.mark.parametrize("character", ["\u200b", "\u00a0", "\ufeff", "\u201c", "\u2019"])
@pytest.mark.parametrize(
    "text", ["{}create table t (a int)", "create{} table t (a int)", "create {}table t (a int)"]
)
def test_a_lookalike_in_the_word_that_does_not_parse_is_named(text: str, character: str) -> None:
    problem = problem_of(text.format(character))
    assert problem.code == "syntax"
    assert "(it holds a " in problem.reason
    assert problem.next_step == "Replace that character by plain text."


@pytest.mark.parametrize("line", ["\\restrict abc123", "\\connect app", "\\i other.sql", "\\.", "\\set x 1"])
def test_a_psql_meta_command_is_named_at_its_line(line: str) -> None:
    assert shown(problem_of(f"{line}\nselect 1;")) == ("psql-meta-command", "m/1_x.sql:1:1")
    assert shown(problem_of(f"select '😀';\n  {line}\n")) == ("psql-meta-command", "m/1_x.sql:2:3")


@pytest.mark.parametrize(
    "data",
    ["1\t2\n\\.\n", "\\N\t2\n\\.\n", "\\.\n", "it's\n\\.\n", '"x"\n\\.\n', "😀\n\\.\n", "$$\n\\.\nselect 1;"],
)
@pytest.mark.parametrize(
    "copy", ["COPY public.t (a, b) FROM stdin;", "copy t from STDIN with (delimiter ';');", "copy t\n  from stdin;"]
)
def test_copy_with_data_is_named_at_the_copy(copy: str, data: str) -> None:
    assert shown(problem_of(f"-- 😀\nselect 1;\n  {copy}\n{data}")) == ("copy-from-stdin", "m/1_x.sql:3:3")


def test_the_first_of_several_copies_is_named() -> None:
    problem = problem_of("select 1; copy t from stdin;\n1\n\\.\ncopy u from stdin;\n2\n\\.\n")
    assert shown(problem) == ("copy-from-stdin", "m/1_x.sql:1:11")


@pytest.mark.parametrize(
    "words",
    [
        "-- copy t from stdin;",
        "/* copy t from stdin; */",
        "do $$ begin\ncopy t from stdin;\nend $$;",
        "select '\ncopy t from stdin;\n';",
        "select 1 as copy, 2 as stdin;",
    ],
)
def test_words_that_only_look_like_copy_are_not_blamed_for_another_error(words: str) -> None:
    text = f"{words}\nselec 1;"
    assert shown(problem_of(text)) == ("syntax", f"m/1_x.sql:{text.count(chr(10)) + 1}:1")


def test_a_file_that_could_not_be_read_keeps_its_problem() -> None:
    problem = Problem("encrypted", "it is encrypted", "", Place("m/1_x.sql", 1, 1))
    assert split_migration(Migration("1", "x", "m/1_x.sql", "", problem)) is problem


def test_thousands_of_statements_are_split_quickly() -> None:
    text = "-- a comment\ninsert into t values (1, 'x;y');\n" * 5_000
    assert len(split_text(text).statements) == 5_000


@pytest.mark.parametrize(
    ("offset", "place"),
    [
        (0, Place("f", 1, 1, "ab")),
        (2, Place("f", 1, 3, "ab")),
        (4, Place("f", 2, 1, "😀c")),
        (99, Place("f", 3, 1, "")),
    ],
)
def test_a_place_has_its_line_without_the_line_end(offset: int, place: Place) -> None:
    assert place_at("f", "ab\r\n😀c\n", offset) == place


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("  x", 2),
        ("-- a\nx", 5),
        ("-- a\rx", 5),
        ("/* a /* b */ c */x", 17),
        ("/* open", 7),
        ("-- open", 7),
        ("-x", 0),
    ],
)
def test_blanks_and_comments_are_skipped_as_postgres_skips_them(text: str, offset: int) -> None:
    assert skip_blank(text, 0) == offset
