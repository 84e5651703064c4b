"""Operators and what else extends the language, text search, foreign servers and publications are rebuilt."""

from collections.abc import Callable

import pytest

from sbapply.rehearse.server import Server
from tests.catalog.rebuilding import assert_same, rebuild, side_by_side

BY_THE_PROJECT = {
    "an operator": """
        create function app.plus(int, int) returns int language sql immutable as 'select $1 + $2';
        create operator app.@+@ (function = app.plus, leftarg = int, rightarg = int);""",
    "a prefix operator": """
        create function app.half(int) returns int language sql immutable as 'select $1 / 2';
        create operator app.@@@ (function = app.half, rightarg = int);""",
    "an operator with all its options": """
        create function app.same(int, int) returns bool language sql immutable as 'select $1 = $2';
        create function app.differs(int, int) returns bool language sql immutable as 'select $1 <> $2';
        create operator app.=== (function = app.same, leftarg = int, rightarg = int, commutator = operator(app.===),
          negator = operator(app.!==), restrict = eqsel, join = eqjoinsel, hashes, merges);
        create operator app.!== (function = app.differs, leftarg = int, rightarg = int,
          commutator = operator(app.!==), negator = operator(app.===), restrict = neqsel, join = neqjoinsel);""",
    "an operator whose commutator has other types": """
        create function app.f(int, text) returns bool language sql immutable as 'select true';
        create function app.g(text, int) returns bool language sql immutable as 'select true';
        create operator app.<<@ (function = app.f, leftarg = int, rightarg = text, commutator = operator(app.@>>));
        create operator app.@>> (function = app.g, leftarg = text, rightarg = int,
          commutator = operator(app.<<@));""",
    "an operator whose commutator is nowhere": """
        create function app.f(int, text) returns bool language sql immutable as 'select true';
        create operator app.<<@ (function = app.f, leftarg = int, rightarg = text,
          commutator = operator(app.@>>));""",
    "an operator that a body of SQL needs": """
        create function app.z(int, int) returns int language sql immutable as 'select $1 + $2';
        create operator app.@+@ (function = app.z, leftarg = int, rightarg = int);
        create function app.a(int) returns int language sql return $1 operator(app.@+@) 2;""",
    "a cast with a function": """
        create table app.t (a int);
        create function app.f(app.t) returns int language sql immutable as 'select $1.a';
        create cast (app.t as int) with function app.f(app.t);""",
    "a cast that is done in assignments": """
        create table app.t (a int);
        create function app.f(app.t, int, bool) returns text language sql immutable as $$ select 'x' $$;
        create cast (app.t as text) with function app.f(app.t, int, bool) as assignment;""",
    "a cast that is done anywhere, by input and output": """
        create table app.t (a int);
        create cast (app.t as varchar) with inout as implicit;""",
    "a conversion": "create conversion app.c for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;",
    "a default conversion": """
        create default conversion app."C.1 ""x"" y" for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1;""",
    "a collation of the C library": "create collation app.c (provider = libc, locale = 'C');",
    "a collation that folds and sorts by different locales": """
        create collation app.c (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX');""",
    "a collation copied from another": """create collation app.c from "C";""",
    "a dictionary": """
        create text search dictionary app.d (template = pg_catalog.simple, stopwords = english, accept = false);""",
    "a dictionary without options": "create text search dictionary app.d (template = pg_catalog.simple);",
    "a dictionary of an extension": """
        create text search dictionary app."D.1 ""x"" y" (template = pg_catalog.snowball, language = 'german');""",
    "a configuration": """
        create text search dictionary app.d (template = pg_catalog.simple, stopwords = english);
        create text search configuration app.c (parser = pg_catalog.default);
        alter text search configuration app.c add mapping for asciiword, word with app.d, pg_catalog.english_stem;
        alter text search configuration app.c add mapping for hword, int with pg_catalog.simple;""",
    "a configuration without mappings": "create text search configuration app.c (parser = default);",
    "a configuration copied from another": """
        create text search configuration app."C.1 ""x"" y" (copy = pg_catalog.german);
        alter text search configuration app."C.1 ""x"" y" drop mapping for email;""",
    "a publication": "create publication p;",
    "a publication of tables": """
        create table app.t (a int); create table app."T.1 ""x"" y" (a int);
        create publication p for table app.t, app."T.1 ""x"" y";""",
    "a publication of columns and rows": """
        create table app.t (a int, "B b" text, c int);
        create publication p for table app.t (a, "B b") where (a > 10 and "B b" <> 'x')
        with (publish = 'insert');""",
    "a publication of some operations through the root": """
        create publication p with (publish = 'update, delete', publish_via_partition_root = true);""",
    "a publication of nothing": "create publication p with (publish = '');",
    "a publication with a name with quotes": """create publication "P.1 ""x"" \n y";""",
    "a table added to the realtime publication": """
        create table app.t (a int);
        alter publication supabase_realtime add table app.t;""",
    "a table of the platform added to the realtime publication": """
        alter publication supabase_realtime add table storage.objects;""",
    "the realtime publication with other operations": """
        alter publication supabase_realtime set (publish = 'insert, update');""",
    "the realtime publication made anew": """
        create table app.t (a int);
        drop publication if exists supabase_realtime;
        create publication supabase_realtime;
        alter publication supabase_realtime add table app.t;""",
    "a publication of all tables": "create publication p for all tables;",
    "a publication of all tables, in place of the realtime one": """
        drop publication supabase_realtime; create publication supabase_realtime for all tables;""",
    "a publication of schemas": """
        create schema "S.1 ""x"" y"; create table app.t (a int);
        create publication p for tables in schema "S.1 ""x"" y", app;""",
    "a publication of a schema and of a table": """
        create table app.t (a int); create schema other;
        create publication p for tables in schema other, table app.t;""",
}

WITHOUT_SCHEMA = {name: sql for name, sql in BY_THE_PROJECT.items() if "publication" in name}

BY_THE_SUPERUSER = {
    "a foreign data wrapper": "create foreign data wrapper w;",
    "a foreign data wrapper with functions and options": """

        create foreign data wrapper "W.1 ""x"" y" options (host 'a', "Db.name" 'it''s');
        create foreign data wrapper v validator postgresql_fdw_validator;""",
    "a server": "create foreign data wrapper w; create server s foreign data wrapper w;",
    "a server with all its options": r"""
        create foreign data wrapper w;
        create server "S.1 ""x"" y" type 'the type' version '1.2' foreign data wrapper w
          options (host 'a\b', "Port." '5432', zone 'it''s');""",
    "an operator family": "create operator family app.f using btree;",
    "an operator family with members": """
        create operator family app.f using btree;
        alter operator family app.f using btree add
          operator 1 < (int, int), operator 2 <= (int, int), operator 3 = (int, int), operator 4 >= (int, int),
          operator 5 > (int, int), function 1 (int, int) btint4cmp(int, int);
        alter operator family app.f using btree add
          operator 1 < (int, bigint), operator 3 = (int, bigint), function 1 (int, bigint) btint48cmp(int,
          bigint);""",
    "an operator class": """
        create operator class app.c for type int using btree as
          operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 btint4cmp(int, int),
          function 2 btint4sortsupport(internal), function 4 btequalimage(oid);""",
    "a default operator class": """
        create table app.t (a int);
        create function app.cmp(app.t, app.t) returns int language sql immutable as 'select btint4cmp($1.a, $2.a)';
        create function app.eq(app.t, app.t) returns bool language sql immutable as 'select $1.a = $2.a';
        create function app.lt(app.t, app.t) returns bool language sql immutable as 'select $1.a < $2.a';
        create operator app.=== (function = app.eq, leftarg = app.t, rightarg = app.t);
        create operator app.<<< (function = app.lt, leftarg = app.t, rightarg = app.t);
        create operator class app.c default for type app.t using btree as
          operator 1 app.<<<, operator 3 app.===, function 1 app.cmp(app.t, app.t);""",
    "a hash class in a family of its own": """
        create operator family app."F.1 ""x"" y" using hash;
        create operator class app."C.1 ""x"" y" for type text using hash family app."F.1 ""x"" y" as
          operator 1 =, function 1 hashtext(text), function 2 hashtextextended(text, bigint);""",
    "a class with a storage": """
        create operator class app.c for type point using gist as
          storage box, operator 1 <<, operator 15 <-> (point, point) for order by pg_catalog.float_ops,
          function 1 gist_point_consistent(internal, point, smallint, oid, internal),
          function 2 gist_box_union(internal, internal), function 3 gist_point_compress(internal),
          function 5 gist_box_penalty(internal, internal, internal), function 6 gist_box_picksplit(internal,
          internal),
          function 7 gist_box_same(box, box, internal), function 8 gist_point_distance(internal, point, smallint,
          oid, internal);""",
    "a cast without a function": """
        create table app.t (a int); create table app.u (a int);
        create cast (bigint as xid8) without function as assignment;
        create cast (app.t as app.u) with inout;""",
    "a language": "create language mine handler plpgsql_call_handler;",
    "a trusted language with all its functions": """
        create trusted language "L.1 ""x"" y" handler plpgsql_call_handler inline plpgsql_inline_handler
          validator plpgsql_validator;
        create function app.f() returns void language "L.1 ""x"" y" as 'begin end';""",
    "a transform": """
        create transform for int language sql (from sql with function prsd_lextype(internal),
                                               to sql with function int4recv(internal));""",
    "a transform in one direction": """
        create transform for int language sql (to sql with function int4recv(internal));""",
    "an access method for tables": "create access method am type table handler heap_tableam_handler;",
    "an access method for indexes, with a class": """
        create access method "A.1 ""x"" y" type index handler gisthandler;
        create operator class app.c for type point using "A.1 ""x"" y" as
          storage box, operator 1 <<,
          function 1 gist_point_consistent(internal, point, smallint, oid, internal),
          function 2 gist_box_union(internal, internal),
          function 5 gist_box_penalty(internal, internal, internal), function 6 gist_box_picksplit(internal,
          internal),
          function 7 gist_box_same(box, box, internal);""",
    "a parser": """
        create text search parser app.p (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,
          lextypes = prsd_lextype);
        create text search configuration app.c (parser = app.p);
        alter text search configuration app.c add mapping for word with simple;""",
    "a parser with a headline": """
        create text search parser app."P.1 ""x"" y" (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,
          headline = prsd_headline, lextypes = prsd_lextype);""",
    "a template": """
        create text search template app.t (lexize = dsimple_lexize);
        create text search template app."T.1 ""x"" y" (init = dsimple_init, lexize = dsimple_lexize);
        create text search dictionary app.d (template = app."T.1 ""x"" y", stopwords = english);""",
}

# The embedded engine is built without ICU.
ONLY_ON_15 = {
    "a collation of ICU": "create collation app.c (provider = icu, locale = 'de-u-co-phonebk');",
    "a collation that is not deterministic": """
        create collation app."C.1 ""x"" y" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);""",
}

ONLY_ON_18 = {
    "a builtin collation": "create collation app.c (provider = builtin, locale = 'C.UTF-8');",
    "a publication of generated columns": """
        create publication p with (publish_generated_columns = stored);""",
}


@pytest.mark.parametrize("version", [18, 15], ids=["on 18", "on 15"])
@pytest.mark.parametrize("sql", BY_THE_PROJECT.values(), ids=BY_THE_PROJECT.keys())
def test_what_the_project_made_is_rebuilt(sql: str, version: int, engine_of: Callable[[int], Server]) -> None:
    assert_same(rebuild(engine_of(version), f"create schema app; {sql}"))


@pytest.mark.parametrize("sql", ONLY_ON_15.values(), ids=ONLY_ON_15.keys())
def test_what_only_15_knows_is_rebuilt(sql: str, engine_of: Callable[[int], Server]) -> None:
    assert_same(rebuild(engine_of(15), f"create schema app; {sql}"))


@pytest.mark.parametrize("sql", ONLY_ON_18.values(), ids=ONLY_ON_18.keys())
def test_what_only_18_knows_is_rebuilt(sql: str, engine_of: Callable[[int], Server]) -> None:
    assert_same(rebuild(engine_of(18), f"create schema app; {sql}"))


@pytest.mark.parametrize("version", [18, 15], ids=["on 18", "on 15"])
@pytest.mark.parametrize("sql", BY_THE_SUPERUSER.values(), ids=BY_THE_SUPERUSER.keys())
def test_what_a_superuser_made_is_rebuilt_by_one(
    sql: str, version: int, engine_of: Callable[[int], Server]
) -> None:
    admin = "supabase_admin"
    assert_same(rebuild(engine_of(version), f"create schema app; {sql}", maker=admin, builder=admin))


def test_facts_are_the_same_on_15_and_on_18(engine_of: Callable[[int], Server]) -> None:
    cases = [sql for name, sql in BY_THE_PROJECT.items() if name not in WITHOUT_SCHEMA]
    sql = side_by_side(f"create schema app; {sql}" for sql in cases)
    made = rebuild(engine_of(15), sql, on=engine_of(18))
    assert [(each.identity, each.facts(), each.before, each.after) for each in made.differences] == []
    assert len(made.statements) > len(cases)


@pytest.mark.parametrize("sql", WITHOUT_SCHEMA.values(), ids=WITHOUT_SCHEMA.keys())
def test_what_has_no_schema_on_15_is_the_same_on_18(sql: str, engine_of: Callable[[int], Server]) -> None:
    made = rebuild(engine_of(15), f"create schema app; {sql}", on=engine_of(18))
    assert [(each.identity, each.facts(), each.before, each.after) for each in made.differences] == []


@pytest.mark.parametrize("sql", BY_THE_SUPERUSER.values(), ids=BY_THE_SUPERUSER.keys())
def test_facts_of_what_a_superuser_made_are_the_same_on_15_and_on_18(
    sql: str, engine_of: Callable[[int], Server]
) -> None:
    admin = "supabase_admin"
    made = rebuild(engine_of(15), f"create schema app; {sql}", maker=admin, builder=admin, on=engine_of(18))
    assert [(each.identity, each.facts(), each.before, each.after) for each in made.differences] == []


WRAPPER = "create foreign data wrapper w; grant usage on foreign data wrapper w to postgres with grant option;"

SERVERS = {
    "a server": "create server s foreign data wrapper w;",
    "users of a server, all of them and the project's role": """
        create server "S.1 ""x"" y" foreign data wrapper w;
        create user mapping for public server "S.1 ""x"" y" options ("User" 'me', b 'it''s');
        create user mapping for current_user server "S.1 ""x"" y" options (a 'x');""",
    "a user of a server without options": """
        create server s foreign data wrapper w; create user mapping for anon server s;""",
}


@pytest.mark.parametrize("version", [18, 15], ids=["on 18", "on 15"])
@pytest.mark.parametrize("sql", SERVERS.values(), ids=SERVERS.keys())
def test_a_server_that_the_project_made_is_rebuilt(
    sql: str, version: int, engine_of: Callable[[int], Server]
) -> None:
    server = engine_of(version)
    made = rebuild(server, f"set role postgres; {sql}", given=WRAPPER, maker="supabase_admin")
    assert_same(made)


@pytest.mark.parametrize("version", [18, 15], ids=["on 18", "on 15"])
def test_no_secret_of_a_server_or_its_users_is_read(version: int, engine_of: Callable[[int], Server]) -> None:
    made = rebuild(
        engine_of(version),
        """
        set role postgres;
        create server s foreign data wrapper w options (host 'db', api_key 'hush', api_key_id 'shown',
          address 'https://me:hush@db/');
        create user mapping for public server s options ("user" 'me', password 'hush', password_required 'true',
          sslpassword 'hush');
        create user mapping for anon server s options ("user" 'other', password 'hush');
        """,
        given=WRAPPER,
        maker="supabase_admin",
    )
    assert "hush" not in repr(made.original) + "".join(made.statements)
    assert made.original.objects["server", ("s",)].facts == {
        "wrapper": "w",
        "type": None,
        "version": None,
        "options": {"api_key_id": "shown", "host": "db"},
        "withheld": ["address", "api_key"],
    }
    assert made.original.objects["user mapping", ("s", "public")].facts == {
        "readable": True,
        "options": {"password_required": "true", "user": "me"},
        "withheld": ["password", "sslpassword"],
    }
    assert made.original.objects["user mapping", ("s", "anon")].facts == {
        "readable": False,
        "options": None,
        "withheld": None,
    }
    assert made.differences == ()


def test_a_subscription_is_listed_and_not_rebuilt(engine_of: Callable[[int], Server]) -> None:
    sql = """
        create subscription s connection 'host=nowhere password=hush' publication p, q
        with (connect = false, slot_name = none);
        alter subscription s disable;"""
    made = rebuild(engine_of(18), sql, maker="supabase_admin")
    assert made.original.objects["subscription", ("s",)].facts == {"publications": ["p", "q"], "enabled": False}
    assert made.statements == []
    assert "hush" not in repr(made.original)


COMMENTS = """
    create schema app;
    create table app.t (a int);
    create function app."F.1"(a int, variadic b text[]) returns int language sql as 'select 1';
    comment on function app."F.1" is 'it''s';
    create procedure app.p(a int) language sql as 'select 1';
    comment on procedure app.p is 'p';
    create aggregate app.a(*) (sfunc = int8inc, stype = int8, initcond = '0');
    comment on aggregate app.a(*) is 'a';
    create aggregate app.o(float8 order by int) (sfunc = array_append, stype = int[], initcond = '{}');
    comment on aggregate app.o(float8 order by int) is 'o';
    create function app.g() returns trigger language plpgsql as 'begin return new; end';
    create trigger "G.1" before insert on app.t for each row execute function app.g();
    comment on trigger "G.1" on app.t is 'trigger';
    create function app.half(int) returns int language sql immutable as 'select $1 / 2';
    create operator app.@@@ (function = app.half, rightarg = int);
    comment on operator app.@@@ (none, int) is 'operator';
    create access method "A.1" type index handler bthandler;
    comment on access method "A.1" is 'access method';
    create operator class app."C.1" for type int using "A.1" as
      operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 btint4cmp(int, int);
    comment on operator class app."C.1" using "A.1" is 'operator class';
    comment on operator family app."C.1" using "A.1" is 'operator family';
    create cast (app.t as text) with inout;
    comment on cast (app.t as text) is 'cast';
    create conversion app."C.1" for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
    comment on conversion app."C.1" is 'conversion';
    create collation app."C.1" (provider = libc, locale = 'C');
    comment on collation app."C.1" is 'collation';
    create trusted language "L.1" handler plpgsql_call_handler;
    comment on language "L.1" is 'language';
    create transform for int language sql (to sql with function int4recv(internal));
    comment on transform for int language sql is 'transform';
    create text search parser app."P.1" (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,
      lextypes = prsd_lextype);
    comment on text search parser app."P.1" is 'parser';
    create text search template app."T.1" (lexize = dsimple_lexize);
    comment on text search template app."T.1" is 'template';
    create text search dictionary app."D.1" (template = app."T.1");
    comment on text search dictionary app."D.1" is 'dictionary';
    create text search configuration app."C.1" (parser = app."P.1");
    comment on text search configuration app."C.1" is 'configuration';
    create foreign data wrapper "W.1";
    comment on foreign data wrapper "W.1" is 'foreign data wrapper';
    create server "S.1" foreign data wrapper "W.1";
    comment on server "S.1" is 'server';
    create publication "P.1";
    comment on publication "P.1" is 'publication';
"""


@pytest.mark.parametrize("version", [18, 15], ids=["on 18", "on 15"])
def test_comments_on_all_of_these_are_rebuilt(version: int, engine_of: Callable[[int], Server]) -> None:
    assert_same(rebuild(engine_of(version), COMMENTS, maker="supabase_admin", builder="supabase_admin"))
