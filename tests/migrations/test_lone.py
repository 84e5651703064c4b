"""Lone statements: which body commits, what an index is compared with, and whom the server means."""

import pytest
from postgast import parse

from sbapply.migrations.bodies import Commits, commits_of
from sbapply.migrations.statements import split_text
from sbapply.migrations.unit import Effect, Hints
from sbapply.migrations.units import suspects
from tests.migrations.cutting import bodies, cut, lone, refusal


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("begin commit; end", Commits.SURELY),
        ("begin insert into t values (1); COMMIT; end", Commits.SURELY),
        ("begin rollback; end", Commits.SURELY),
        ("begin commit and chain; end", Commits.SURELY),
        ("declare a int := 1; begin a := 2; commit; end", Commits.SURELY),
        ("begin /* why */ -- why\n commit; end", Commits.SURELY),
        ("begin <<here>> commit; end", Commits.SURELY),
        ("begin if a then commit; end if; end", Commits.PERHAPS),
        ("begin if a then null; else rollback; end if; end", Commits.PERHAPS),
        ("begin loop commit; end loop; end", Commits.PERHAPS),
        ("begin for a in 1..2 loop null; commit; end loop; end", Commits.PERHAPS),
        ("begin return; commit; end", Commits.PERHAPS),
        ("begin case a when 1 then commit; end case; end", Commits.PERHAPS),
        ("begin perform '; commit;'; end", Commits.NEVER),
        ("begin -- ; commit;\n null; end", Commits.NEVER),
        ("begin /* ; /* */ commit; */ null; end", Commits.NEVER),
        ("begin execute $q$ select 1; commit; $q$; end", Commits.NEVER),
        ("begin execute E'\\'; commit; --'; end", Commits.NEVER),
        ("begin perform 1 as commit; end", Commits.NEVER),
        ("begin insert into rollback values (1); end", Commits.NEVER),
        ("begin raise notice 'é'; commit_it := 1; end", Commits.NEVER),
        ("begin 'open; commit;", Commits.NEVER),
        ("", Commits.NEVER),
    ],
)
def test_a_body_commits_where_a_statement_of_it_does(body: str, expected: Commits) -> None:
    assert commits_of(body) is expected


@pytest.mark.parametrize(
    "text",
    [
        "do language plpgsql $$ begin commit; end $$",
        "DO $a$ BEGIN COMMIT; END $a$ LANGUAGE plpgsql",
        "do 'begin commit; end'",
        "do $$ begin loop commit; exit; end loop; end $$",
    ],
)
def test_a_do_block_that_commits_runs_alone(text: str) -> None:
    assert (lone(text).what, lone(text).effect) == ("a DO block that commits", Effect.ONCE)


@pytest.mark.parametrize("text", ["do language sql $$ begin; commit; $$", "do $$ begin perform 1; end $$"])
def test_any_other_do_block_runs_in_a_transaction(text: str) -> None:
    assert bodies(f"select 1; {text}") == [f"select 1; {text}"]


def test_within_a_block_only_what_surely_commits_is_refused() -> None:
    assert refusal("begin;\ndo $$ begin commit; end $$; commit;") == ("no-transaction", "2:1")
    unsure = "do $$ begin if false then commit; end if; end $$;"
    assert bodies(f"begin; {unsure} commit;") == [unsure]
    assert refusal(f"begin; {unsure} commit;", hints=Hints(lone=frozenset({1}))) == ("no-transaction", "1:8")


@pytest.mark.parametrize(
    ("statement", "what", "effect"),
    [
        ("call p(1)", "a CALL of a procedure that commits", Effect.ONCE),
        ("do $$ begin call p(); end $$", "a DO block that commits", Effect.ONCE),
        ("analyze t", "ANALYZE", Effect.REPEAT),
        ("checkpoint", "CHECKPOINT", Effect.ONCE),
        ("reindex table t", "REINDEX TABLE", Effect.REPEAT),
        ("/* why */ create /* why */ publication p", "CREATE PUBLICATION", Effect.ONCE),
        ("vacuum t", "VACUUM", Effect.REPEAT),
    ],
)
def test_what_the_server_has_refused_in_a_transaction_runs_alone(statement: str, what: str, effect: Effect) -> None:
    found = lone(statement, hints=Hints(lone=frozenset({0})))
    assert (found.what, found.effect) == (what, effect)


INDEXES = [
    "create index concurrently on t (a)",
    'create index concurrently on only "T b" (a, "B c" desc nulls last)',
    'create unique index concurrently "é😀" on s.t using gin (a gin_trgm_ops, (b || \'x\') collate "C")',
    "create index concurrently if not exists i on d.s.t ((a + 1)) include (b, c) with (fillfactor = 70)",
    "create index concurrently on t (a) tablespace x where b is not null and c <> 'concurrently'",
    "create unique index concurrently on t (a) nulls not distinct",
    'create index concurrently on "select" ("order")',
    "create index concurrently i on t using hnsw (v vector_l2_ops (a = 1)) with (m = 16, ef_construction = 64)",
    "create index concurrently on t ((a ->> 'b'), lower(c), (d::text))",
]


@pytest.mark.parametrize("text", INDEXES)
def test_the_likeness_of_an_index_is_the_same_but_for_name_place_and_manner(text: str) -> None:
    index = parse(text).stmts[0].stmt.index_stmt
    alike = parse(lone(text).likeness).stmts[0].stmt.index_stmt
    assert (alike.concurrent, alike.if_not_exists, alike.idxname) == (False, False, "")
    assert (alike.relation.catalogname, alike.relation.schemaname) == ("", "pg_temp")
    assert (alike.relation.relname, alike.relation.inh) == (index.relation.relname, index.relation.inh)
    for field in ("idxname", "relation", "concurrent", "if_not_exists"):
        index.ClearField(field)
        alike.ClearField(field)
    assert _without_places(str(alike)) == _without_places(str(index))


def _without_places(tree: str) -> list[str]:
    return [line for line in tree.splitlines() if not line.strip().startswith("location:")]


@pytest.mark.parametrize("text", INDEXES)
def test_a_name_can_be_put_behind_the_word_concurrently(text: str) -> None:
    found = lone(text)
    if found.index is None:
        named = parse(f'{text[: found.name_at]} "My name"{text[found.name_at :]}').stmts[0].stmt.index_stmt
        assert (named.idxname, named.concurrent) == ("My name", True)


@pytest.mark.parametrize(
    "text",
    ["drop index concurrently a, b", "drop index concurrently a cascade", "drop index concurrently if exists a, b"],
)
def test_what_postgres_will_not_drop_so_is_left_to_it(text: str) -> None:
    assert lone(text).effect is Effect.ONCE


INSIDE = "cannot run inside a transaction block"


@pytest.mark.parametrize(
    ("text", "message", "expected"),
    [
        ("select 1; create database d; create table d (a int)", f"CREATE DATABASE {INSIDE}", {1}),
        ("/* a */ drop /* b */ DATABASE d; drop table d", f"ERROR:  DROP DATABASE {INSIDE}", {0}),
        ("reindex table t; reindex schema s", f"REINDEX SCHEMA {INSIDE}", {1}),
        ("reindex table concurrently t; reindex table t", f"REINDEX CONCURRENTLY {INSIDE}", {0}),
        ("create index on t (a); create index concurrently on t (a)", f"CREATE INDEX CONCURRENTLY {INSIDE}", {1}),
        ("vacuum; select 'vacuum'", "VACUUM cannot be executed from a function", {0}),
        ("vacuum; analyze", "VACUUM cannot be executed within a pipeline", {0}),
        ("cluster; cluster t", f"CLUSTER {INSIDE}", {0, 1}),
        (
            "create subscription s connection '' publication p",
            f"CREATE SUBSCRIPTION ... WITH (create_slot = true) {INSIDE}",
            {0},
        ),
        ("alter subscription s refresh publication", f"ALTER SUBSCRIPTION ... REFRESH {INSIDE}", {0}),
        ("alter subscription s set (failover)", f"ALTER SUBSCRIPTION ... SET (failover) {INSIDE}", {0}),
        ("alter subscription s set publication p", f"ALTER SUBSCRIPTION with refresh {INSIDE}", {0}),
        (
            "alter table t detach partition p; alter table t detach partition p concurrently",
            f"ALTER TABLE ... DETACH CONCURRENTLY {INSIDE}",
            {1},
        ),
        (
            "alter database d set tablespace x; alter database d owner to r",
            f"ALTER DATABASE SET TABLESPACE {INSIDE}",
            {0},
        ),
        ("select 1", f"VACUUM {INSIDE}", set()),
        ("do $$ begin execute 'vacuum'; end $$", "VACUUM cannot be executed from a function", set()),
        (
            "set transaction isolation level serializable",
            "SET TRANSACTION ISOLATION LEVEL must be called first",
            set(),
        ),
    ],
)
def test_a_25001_is_about_the_command_that_it_names(text: str, message: str, expected: set[int]) -> None:
    split = split_text(text)
    (unit,) = cut("select 1; " * len(split.statements))
    assert suspects(split, unit, "25001", message) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("do $$ begin null; end $$; do $$ begin execute 'rollback'; end $$; call p()", {1}),
        ("do $$ begin null; end $$; call p(); call q()", {1, 2}),
        ("do $$ begin null; end $$; select 1; DO $$ begin perform f(); end $$", {0, 2}),
        ("select f()", set()),
    ],
)
def test_a_2d000_is_about_what_commits(text: str, expected: set[int]) -> None:
    split = split_text(text)
    (unit,) = cut("select 1; " * len(split.statements))
    assert suspects(split, unit, "2D000", "invalid transaction termination") == expected


def test_only_statements_of_the_unit_are_suspected() -> None:
    text = "call p(); commit; call q();"
    second = cut(text)[1]
    assert suspects(split_text(text), second, "2D000", "invalid transaction termination") == {2}
    assert suspects(split_text(text), second, "42601", "syntax error") == set()
