"""What a project holds before its first migration, as role postgres meets it."""

from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest

from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.server import Server


@pytest.fixture(scope="module")
def server(sbapply_home: object) -> Iterator[Server]:
    with scratch_engine() as server:
        yield server


@pytest.fixture
def connection(server: Server) -> Iterator[psycopg.Connection]:
    """Give a connection of role postgres whose work is rolled back."""
    with psycopg.connect(server.conninfo()) as connection:
        yield connection
        connection.rollback()


def one(connection: psycopg.Connection, sql: LiteralString) -> object:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def test_postgres_is_no_superuser_but_may_make_roles_and_databases(connection: psycopg.Connection) -> None:
    row = connection.execute(
        "select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin "
        "from pg_roles where rolname = 'postgres'"
    ).fetchone()
    assert row == (False, True, True, True, True, True)
    assert one(connection, "select pg_get_userbyid(datdba)::text from pg_database where datname = 'postgres'") == (
        "postgres"
    )


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_new_tables_of_postgres_are_open_to_the_api_roles(connection: psycopg.Connection, role: str) -> None:
    connection.execute("create table public.notes (id integer); insert into public.notes values (1)")
    connection.execute("select set_config('role', %s, true)", [role])
    assert one(connection, "select count(*) from public.notes") == 1


def test_row_level_security_holds_for_anon_and_not_for_service_role(connection: psycopg.Connection) -> None:
    connection.execute(
        "create table public.notes (id integer); insert into public.notes values (1);"
        "alter table public.notes enable row level security; set local role anon"
    )
    assert one(connection, "select count(*) from public.notes") == 0
    connection.execute("set local role service_role")
    assert one(connection, "select count(*) from public.notes") == 1


def test_the_users_id_comes_from_the_claims(connection: psycopg.Connection) -> None:
    connection.execute(
        """set local "request.jwt.claims" = '{"sub": "11111111-1111-1111-1111-111111111111",
        "role": "authenticated", "email": "a@b.c"}'; set local role authenticated"""
    )
    row = connection.execute("select auth.uid()::text, auth.role(), auth.email(), auth.jwt() ->> 'sub'").fetchone()
    assert row == (
        "11111111-1111-1111-1111-111111111111",
        "authenticated",
        "a@b.c",
        "11111111-1111-1111-1111-111111111111",
    )


def test_the_usual_profile_migration_runs(connection: psycopg.Connection) -> None:
    connection.execute("""
        create table public.profiles (
          id uuid primary key references auth.users on delete cascade,
          name text, token uuid default uuid_generate_v4(), secret text default encode(gen_random_bytes(8), 'hex'));
        alter table public.profiles enable row level security;
        create policy own on public.profiles for all to authenticated using ((select auth.uid()) = id);
        create function public.handle_new_user() returns trigger language plpgsql security definer
          set search_path = '' as $$ begin
            insert into public.profiles (id, name) values (new.id, new.raw_user_meta_data ->> 'name');
            return new; end $$;
        create trigger on_auth_user_created after insert on auth.users
          for each row execute procedure public.handle_new_user();
        insert into auth.users (id, email, raw_user_meta_data)
          values ('11111111-1111-1111-1111-111111111111', 'a@b.c', '{"name": "Ada"}');
        alter publication supabase_realtime add table public.profiles;
    """)
    assert one(connection, "select name from public.profiles") == "Ada"


def test_the_usual_storage_migration_runs(connection: psycopg.Connection) -> None:
    connection.execute("""
        insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true);
        create policy own_folder on storage.objects for insert to authenticated
          with check (bucket_id = 'avatars' and (storage.foldername(name))[1] = (select auth.uid()::text));
        insert into storage.objects (bucket_id, name) values ('avatars', 'a/b/face.tar.png');
    """)
    row = connection.execute(
        "select storage.foldername(name), storage.filename(name), storage.extension(name), path_tokens "
        "from storage.objects"
    ).fetchone()
    assert row == (["a", "b"], "face.tar.png", "png", ["a", "b", "face.tar.png"])


@pytest.mark.parametrize("extension", ["uuid-ossp", "pgcrypto", "pg_trgm", "citext", "btree_gist", "moddatetime"])
def test_postgres_creates_the_usual_extensions(connection: psycopg.Connection, extension: str) -> None:
    if connection.info.server_version < 180000 and extension == "moddatetime":
        pytest.skip("before 18 only what the package calls trusted")
    available = connection.execute("select from pg_available_extensions where name = %s", [extension]).fetchone()
    if available is None:
        pytest.skip("not in this Postgres")
    quoted = psycopg.sql.Identifier(extension)
    connection.execute(psycopg.sql.SQL("create extension if not exists {} with schema extensions").format(quoted))


def test_postgres_creates_extensions_that_only_the_platform_trusts(connection: psycopg.Connection) -> None:
    if connection.info.server_version < 180000:
        pytest.skip("extension_control_path is new in 18")
    connection.execute("create extension vector with schema extensions; create extension postgres_fdw")
    assert one(connection, "select '[1,2]'::extensions.vector <-> '[1,3]'") == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("create extension file_fdw")


def test_what_a_pulled_schema_and_its_jobs_begin_with_runs(connection: psycopg.Connection) -> None:
    if connection.info.server_version < 180000:
        pytest.skip("extension_control_path is new in 18")
    connection.execute("""
        create extension if not exists "pg_cron" with schema "pg_catalog";
        create extension if not exists "pg_net" with schema "extensions";
        create extension if not exists "pg_graphql" with schema "graphql";
        create extension if not exists "pg_stat_statements" with schema "extensions";
        create extension if not exists "pgcrypto" with schema "extensions";
        create extension if not exists "supabase_vault" with schema "vault";
        create extension if not exists "uuid-ossp" with schema "extensions";
        select cron.schedule('nightly', '0 3 * * *', 'select 1');
        select cron.schedule('nightly', '0 4 * * *', 'select net.http_post(url := ''https://example.com'')');
        select net.http_post(url := 'https://example.com', body := '{}'::jsonb);
    """)
    row = connection.execute("select jobname, schedule, username from cron.job").fetchall()
    assert row == [("nightly", "0 4 * * *", "postgres")]
    assert one(connection, "select cron.unschedule('nightly')") is True
    with pytest.raises(psycopg.Error, match="could not find valid entry"):
        connection.execute("select cron.unschedule('nightly')")


def test_digests_are_right_and_passwords_compare(connection: psycopg.Connection) -> None:
    digest = one(connection, "select encode(digest('abc', 'sha256'), 'hex')")
    assert digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    # RFC 4231, test case 2.
    assert (
        one(connection, "select encode(hmac('what do ya want for nothing?', 'Jefe', 'sha256'), 'hex')")
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
    row = connection.execute(
        "select crypt('secret', hash) = hash, crypt('other', hash) = hash, length(hash) "
        "from crypt('secret', gen_salt('bf')) hash"
    ).fetchone()
    assert row == (True, False, 60)
    assert one(connection, "select length(gen_random_bytes(40))") == 40
    # The example of the documentation of uuid-ossp's namesake: RFC 9562, appendix A.2.
    assert one(connection, "select uuid_generate_v3(uuid_ns_dns(), 'www.example.com')::text") == (
        "5df41881-3aed-3515-88a7-2f4a814cf09e"
    )


def test_vault_keeps_and_gives_back_a_secret(connection: psycopg.Connection) -> None:
    connection.execute("select vault.create_secret('s3cret', 'key')")
    assert one(connection, "select decrypted_secret from vault.decrypted_secrets where name = 'key'") == "s3cret"


def test_the_read_only_user_cannot_write(server: Server) -> None:
    with psycopg.connect(server.conninfo(user="supabase_read_only_user")) as connection:
        assert one(connection, "select count(*) from auth.users") == 0
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("create table public.mine ()")


def test_api_roles_cannot_read_users(connection: psycopg.Connection) -> None:
    connection.execute("set local role anon")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select from auth.users")


def test_postgres_hands_out_the_api_roles_and_sets_replication_role(connection: psycopg.Connection) -> None:
    connection.execute("create role tester; grant anon to tester; set local session_replication_role = replica")
    assert one(connection, "select pg_has_role('tester', 'anon', 'member')") is True


def test_letters_beyond_ascii_have_upper_and_lower_case(connection: psycopg.Connection) -> None:
    if connection.info.server_version < 170000:
        pytest.skip("the built-in C.UTF-8 is new in 17")
    assert one(connection, "select lower('ÄÉ')") == "äé"


def test_a_webhook_of_a_pulled_schema_is_made_and_fires(connection: psycopg.Connection) -> None:
    connection.execute("""
        create table public.orders (id integer);
        create trigger tell after insert on public.orders for each row
          execute function supabase_functions.http_request(
            'https://example.invalid', 'POST', '{"Content-type":"application/json"}', '{}', '1000');
        insert into public.orders values (1);
    """)
    assert one(connection, "select hook_name from supabase_functions.hooks") == "tell"
