"""An edit is what changes the SQL, not how it looks or how it was cut."""

import pytest

from sbapply.history.compare import same_text
from sbapply.history.digest import digest_of_texts, digest_of_versions
from sbapply.migrations.statements import split_text

TEXT = "-- why\ncreate table public.t (a int default 1, b text);\ninsert into t values (1, 'x');\n"
STORED = ("-- why\ncreate table public.t (a int default 1, b text)", "insert into t values (1, 'x')")


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("-- why", "-- because 😀"),
        TEXT.replace("-- why\n", "/* a /* b */ */"),
        TEXT.replace("create table", "CREATE  TABLE").replace("values", "Values"),
        TEXT.replace(", b", "\n  , b"),
        TEXT.rstrip(";\n"),
        TEXT.replace(";\n", "\n;\n;"),
        "\n\n" + TEXT + "-- the end",
        TEXT.replace("(1,", "( 1 ,"),
        TEXT.replace("public.t", "Public.T"),
        "\ufeff" + TEXT,
        TEXT.replace("\n", "\r"),
    ],
)
def test_blanks_comments_case_outside_of_quotes_and_line_ends_are_no_edit(text: str) -> None:
    assert same_text(STORED, text)


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("default 1", "default 2"),
        TEXT.replace("'x'", "'X'"),
        TEXT.replace("'x'", "'x '"),
        TEXT.replace("int", "bigint"),
        TEXT.replace("public.t", "public.u"),
        TEXT.replace("b text", '"b" text'),
        TEXT.replace("public.t", 'public."T"'),
        TEXT.replace("insert", "-- insert"),
        TEXT + "select 1;",
        TEXT.replace("insert into t values (1, 'x');\n", ""),
        TEXT.replace("(1, 'x')", "(1, 'x'), (2, 'y')"),
        TEXT.replace("'x'", "'x\u200b'"),
        "",
        "select 'open",
    ],
)
def test_literals_names_types_and_statements_are_an_edit(text: str) -> None:
    assert not same_text(STORED, text)


def test_inside_a_body_everything_but_the_line_end_counts() -> None:
    body = "create function f() returns int language sql as $$\n  select 1 -- one\n$$"
    assert same_text([body], body.replace("\n", "\r\n") + ";")
    assert not same_text([body], body.replace("-- one", "-- two"))
    assert not same_text([body], body.replace("  select", " select"))
    assert not same_text([body], body.replace("select", "SELECT"))
    assert not same_text([body], body.replace("$$", "$x$"))


def test_how_a_splitter_cut_the_text_is_no_edit() -> None:
    assert same_text([TEXT], TEXT)
    assert same_text([TEXT.strip()], TEXT)
    assert same_text(["begin;", "select 1;", "commit;"], "begin; select 1; commit;")
    assert same_text(["-- a", "select 1", "-- b"], "-- a\nselect 1 -- b")
    assert same_text(
        ["create rule r as on insert to t do (select 1", "select 2)"],
        "create rule r as on insert to t do (select 1; select 2)",
    )


def test_an_empty_text_is_the_same_as_no_statements() -> None:
    assert same_text([], "")
    assert same_text([], "-- only a comment")
    assert not same_text([], "select 1")


def test_text_that_cannot_be_scanned_is_compared_as_it_is() -> None:
    assert same_text(["select 'open"], "select 'open\r\n")
    assert not same_text(["select 'open"], "select 'other")


def test_digests_keep_lists_apart_and_versions_together() -> None:
    assert digest_of_texts(["ab", "c"]) != digest_of_texts(["a", "bc"])
    assert digest_of_texts(["é"]) != digest_of_texts(["e\u0301"])
    assert digest_of_texts([]) != digest_of_texts([""])
    assert digest_of_versions(["2", "10", "1"]) == digest_of_versions(["1", "10", "2"])


def test_what_we_store_is_the_same_text_as_the_file() -> None:
    assert same_text(split_text(TEXT).stored(), TEXT)


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (["vacuum", "analyze"], "vacuum analyze"),
        (["create schema s", "create table t ()"], "create schema s create table t ()"),
        (["select a<-1"], "select a < @-1"),
        (["select 1.5"], "select 1 .5"),
        (["select U&'a'"], "select U & 'a'"),
        (['select "A"'], "select A"),
        (["select 'a'\n'b'"], "select 'a''b'"),
        (["select 'É' as É"], "select 'É' as é"),
        (["select 'open"], "select 'open; select 1"),
        (["select 'op", "en"], "select 'op en"),
        (["select 'op", "en"], "select 'op; en; select 1"),
    ],
)
def test_a_boundary_that_means_something_is_an_edit(stored: list[str], text: str) -> None:
    assert not same_text(stored, text)


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (["select E'it\\'s", "so', 1"], "select  e'it\\'s ;  so',\n 1;"),
        (["select U&'A', U&\"it's\""], "SELECT u&'A', u&\"it's\""),
        (["select X'1F', 1.0e5, 0xFF"], "select x'1F', 1.0E5, 0XFF"),
        (["select 'a' -- why\n  'b'"], "select 'a'\n\n'b'"),
        (["select 'op", "en"], "select 'op;\r\n en;\n"),
    ],
)
def test_literals_in_another_dress_are_no_edit(stored: list[str], text: str) -> None:
    assert same_text(stored, text)


def test_a_literal_that_was_cut_and_changed_is_an_edit() -> None:
    assert not same_text(["select E'it\\'s", "so'"], "select E'it\\'s ; no'")


def test_the_file_that_fetch_writes_of_a_row_is_no_edit() -> None:
    # Its first semicolon stands in the comment, so that it is other SQL; yet nobody has edited it.
    assert same_text(["select 1 -- one", "select 2"], "select 1 -- one;\nselect 2;\n")
    assert not same_text(["select 1 -- one", "select 2"], "select 1 -- one;\nselect 3;\n")
