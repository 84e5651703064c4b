"""The extensions that the platform has and the embedded Postgres has not, as role postgres meets them."""

from collections.abc import Callable, Iterator

import pytest

from sbapply.errors import SqlError
from sbapply.quoting import quote_literal
from sbapply.rehearse.platform import SIMULATED_EXTENSIONS, stand_ins
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import new_database

# They stand ready in every project.
READY = {"pgcrypto", "pg_graphql", "supabase_vault", "uuid-ossp"}
NAMES = sorted(path.stem for path in stand_ins() if path.suffix == ".control")


@pytest.fixture
def project(engine_of: Callable[[int], Server]) -> Iterator[LocalDatabase]:
    server = engine_of(18)
    name = new_database(server)
    yield LocalDatabase(server.conninfo(database=name))
    owner = LocalDatabase(server.conninfo(user="supabase_admin", database="template1"))
    owner.run(f"drop database {name} with (force)")


def test_just_the_stand_ins_are_called_simulated() -> None:
    assert set(NAMES) == SIMULATED_EXTENSIONS
    assert all("simulated by sbapply" in path.read_text() for path in stand_ins() if path.suffix == ".control")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in READY])
def test_postgres_can_make_it_in_any_version_update_it_and_drop_it(project: LocalDatabase, name: str) -> None:
    project.run(f"""create extension if not exists "{name}" version '0.0.99' cascade;
        alter extension "{name}" update; alter extension "{name}" update to '99.1'""")
    assert project.run(f"select 1 as found from pg_extension where extname = '{name}'") == [{"found": 1}]
    project.run(f'drop extension "{name}"')


@pytest.mark.parametrize("name", sorted(READY))
def test_postgres_may_comment_on_and_drop_what_stands_ready(project: LocalDatabase, name: str) -> None:
    project.run(f'comment on extension "{name}" is \'ours\'; drop extension "{name}" cascade')
    assert project.run(f"select 1 as found from pg_extension where extname = '{name}'") == []


def test_a_message_is_sent_read_archived_and_gone(project: LocalDatabase) -> None:
    project.run("create extension pgmq; select pgmq.create('Letters'); select pgmq.create('Letters');")
    sent = project.run("""select pgmq.send('Letters', '{"to": "you"}') as id""")
    assert sent == [{"id": 1}]
    assert project.run("select msg_id, read_ct, message from pgmq.read('Letters', 60, 5)") == [
        {"msg_id": 1, "read_ct": 1, "message": {"to": "you"}}
    ]
    assert project.run("select msg_id from pgmq.read('Letters', 60, 5)") == [], "it is not visible for a minute"
    assert project.run("select pgmq.archive('Letters', 1) as done, pgmq.archive('Letters', 2) as none") == [
        {"done": True, "none": False}
    ]
    assert project.run("select count(*)::int as n from pgmq.a_letters") == [{"n": 1}]
    assert project.run("select queue_length::int, total_messages::int from pgmq.metrics('Letters')") == [
        {"queue_length": 0, "total_messages": 1}
    ]


def test_many_messages_are_sent_popped_and_purged(project: LocalDatabase) -> None:
    project.run("create extension pgmq; select pgmq.create_unlogged('q')")
    sent = project.run("""select * from pgmq.send_batch('q', array['1', '2', '3']::jsonb[], 0) as id""")
    assert [row["id"] for row in sent] == [1, 2, 3]
    assert project.run("select message from pgmq.pop('q')") == [{"message": 1}]
    assert project.run("select pgmq.purge_queue('q')::int as n") == [{"n": 2}]
    assert project.run("select pgmq.drop_queue('q') as dropped") == [{"dropped": True}]
    assert project.run("select count(*)::int as n from pgmq.list_queues()") == [{"n": 0}]


@pytest.mark.parametrize("name", ["a;b", "it's", "x$y", "a--b", "n" * 48])
def test_a_bad_name_of_a_queue_is_refused(project: LocalDatabase, name: str) -> None:
    project.run("create extension pgmq")
    with pytest.raises(SqlError, match="queue name"):
        project.run(f"select pgmq.create({quote_literal(name)})")


def test_http_says_that_it_sends_nothing(project: LocalDatabase) -> None:
    project.run("create extension http with schema extensions")
    with pytest.raises(SqlError, match=r"GET https://example\.invalid/ is not sent"):
        project.run("select extensions.http_get('https://example.invalid/')")
    assert project.run("select extensions.urlencode('a b&é~') as text") == [{"text": "a%20b%26%C3%A9~"}]


def test_a_token_that_was_signed_is_valid_with_its_secret_only(project: LocalDatabase) -> None:
    project.run("create extension pgjwt with schema extensions")
    # The example of RFC 7519's introduction at jwt.io.
    token = project.run(
        """select extensions.sign('{"sub":"1234567890","name":"John Doe","iat":1516239022}', """
        "'your-256-bit-secret') as token"
    )[0]["token"]
    assert token == (
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
        "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
        "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
    )
    assert project.run(
        f"select (extensions.verify('{token}', 'your-256-bit-secret')).valid as right, "
        f"(extensions.verify('{token}', 'another')).valid as wrong"
    ) == [{"right": True, "wrong": False}]


def test_a_foreign_table_of_a_wrapper_can_be_made(project: LocalDatabase) -> None:
    project.run(
        "create extension wrappers with schema extensions;"
        "create server shop foreign data wrapper stripe_wrapper;"
        "create foreign table public.customers (id text) server shop options (object 'customers');"
    )
    assert project.run("select count(*)::int as n from extensions.wrappers_fdw_stats") == [{"n": 0}]


def test_places_have_types_with_modifiers_and_indexes(project: LocalDatabase) -> None:
    project.run("""
        create extension postgis with schema extensions;
        create table public.places (
          at geography(Point) not null, area extensions.geometry(MultiPolygon, 4326), any_shape geometry,
          high geometry(PointZ, 3857));
        create index on public.places using gist (at);
        create index on public.places using gist (any_shape);
        insert into public.places (at, any_shape)
          select st_point(i, 2)::geography, st_setsrid(st_makepoint(i, 1.5), 4326) from generate_series(1, 500) i;
    """)
    assert project.run(
        "select format_type(atttypid, atttypmod) as type from pg_attribute "
        "where attrelid = 'public.places'::regclass and attnum > 0 order by attnum"
    ) == [
        {"type": "geography(Point,4326)"},
        {"type": "geometry(MultiPolygon,4326)"},
        {"type": "geometry"},
        {"type": "geometry(PointZ,3857)"},
    ]
    assert project.run(
        "select st_x(any_shape) as x, st_y(any_shape) as y, st_srid(any_shape) as srid, st_astext(at) as text "
        "from public.places where st_x(any_shape) = 7"
    ) == [{"x": 7, "y": 1.5, "srid": 4326, "text": "POINT(7 2)"}]


def test_what_would_have_to_compute_a_shape_says_that_it_is_not_simulated(project: LocalDatabase) -> None:
    project.run("""
        create extension postgis with schema extensions;
        create function public.near(place geography) returns boolean language sql
          as $$ select st_dwithin(place, st_point(1, 2)::geography, 100) $$;
    """)
    for call in ("public.near('POINT(1 2)')", "'POINT(1 2)'::geometry && 'POINT(1 2)'", "null::geometry(Point, 1)"):
        with pytest.raises(SqlError, match="not simulated by sbapply") as caught:
            project.run(f"select {call}")
        assert caught.value.sqlstate == "0A000"


def test_a_hypertable_gets_its_index_and_a_column_that_is_not_null(project: LocalDatabase) -> None:
    project.run(
        "create extension timescaledb with schema extensions; create table public.seen (at timestamptz, n int)"
    )
    made = project.run(
        "select table_name, created from create_hypertable('seen', 'at', chunk_time_interval => interval '7 days')"
    )
    assert made == [{"table_name": "seen", "created": True}]
    found = project.run(
        "select attnotnull, (select indexdef from pg_indexes where tablename = 'seen') as made "
        "from pg_attribute where attrelid = 'public.seen'::regclass and attname = 'at'"
    )
    assert found == [{"attnotnull": True, "made": "CREATE INDEX seen_at_idx ON public.seen USING btree (at DESC)"}]


def test_a_hypertable_with_a_key_that_lacks_the_time_is_refused_as_there(project: LocalDatabase) -> None:
    project.run("create extension timescaledb with schema extensions")
    project.run("create table public.keyed (id int primary key, at timestamptz)")
    with pytest.raises(SqlError, match="cannot create a unique index without the column") as caught:
        project.run("select create_hypertable('public.keyed', 'at')")
    assert caught.value.sqlstate == "TS103"


def test_time_is_put_into_buckets_of_days_and_months(project: LocalDatabase) -> None:
    project.run("create extension timescaledb with schema extensions; set timezone = 'UTC'")
    [row] = project.run(
        "select time_bucket('7 days', timestamp '2026-11-29 10:00')::text as week, "
        "time_bucket('1 month', date '2026-11-29')::text as month, "
        "time_bucket('3 months', date '1999-11-29')::text as quarter, time_bucket(10, -1)::int as tens"
    )
    assert row == {
        "week": "2026-11-23 00:00:00",
        "month": "2026-11-01",
        "quarter": "1999-10-01",
        "tens": -10,
    }
