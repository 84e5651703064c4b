"""Write migrations that hold what real folders hold, each with made-up SQL of our own.

Every case builds on the ones before it, so their order matters. Nothing random is in what they leave behind but the
columns named in ``MOVING``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

# Columns whose values come from the clock: no two runs agree on them, whoever pushes.
MOVING = frozenset(
    {
        ("public.stamps", "at"),
        ("storage.buckets", "created_at"),
        ("storage.buckets", "updated_at"),
        ("pgmq.meta", "created_at"),
        ("pgmq.q_letters", "enqueued_at"),
        ("pgmq.q_letters", "vt"),
    }
)
# Beyond one request of 0.9 MB, so that it travels in pieces.
LARGE = 1_100_000


@dataclass(frozen=True, slots=True)
class Case:
    """Hold one migration: what it is about, and its text as it stands in the file.

    ``single`` says that psql needs -1 for it, because committing each statement breaks it.
    """

    label: str
    text: str
    single: bool = False
    mark: bytes = b""

    def content(self) -> bytes:
        """Return the file's bytes."""
        return self.mark + self.text.encode()


def cases(random: Random) -> Iterator[Case]:
    """Yield the migrations in order; names, numbers and sizes come from ``random``."""
    yield from _texts(random)
    yield from _transactions()
    yield from _enums(random)
    yield from _lone(random)
    yield from _sessions()
    yield from _bodies(random)
    yield from _objects(random)
    yield from _platform()
    yield from _large(random)


def _texts(random: Random) -> Iterator[Case]:
    rows = ", ".join(f"({row}, 'note {row}')" for row in range(random.randint(2, 9)))
    yield Case(
        "plain",
        f"create table public.notes (id int primary key, body text);\ninsert into public.notes values {rows};\n",
    )
    yield Case(
        "crlf",
        "-- as an editor on Windows leaves it\r\n"
        "create function public.two_lines() returns text language sql as $$\r\n"
        "  select 'one\r\ntwo'::text\r\n$$;\r\ninsert into public.notes values (100, 'a\r\nb');\r\n",
    )
    yield Case("byte_order_mark", "insert into public.notes values (101, 'marked');\n", mark=b"\xef\xbb\xbf")
    yield Case(
        "emoji",
        "-- 🚀 “déjà vu” — naïve\ninsert into public.notes values (102, '🧑‍🚀 ünï'), (103, e'\\U0001F680');\n"
        "comment on table public.notes is '📝\u200bnotes';\n",
    )
    yield Case("no_final_newline", "insert into public.notes values (104, 'last;')")
    yield Case("trailing_comment", "insert into public.notes values (105, 'x'); -- and that was it")
    yield Case("comment_before_end", "insert into public.notes values (106, '--') -- no semicolon")
    yield Case("empty", "")
    yield Case("only_comments", "-- applied by hand on the day of the outage\n/* /* nested */ nothing */\n")
    yield Case("only_spaces", " \n\t\n")
    yield Case("stand_in", "select 1;\n")
    yield Case("semicolons", ";;\ninsert into public.notes values (107, ';');;\n;")
    yield Case(
        "breakpoints",
        'create table "public"."drizzled" ("id" serial primary key not null);\n--> statement-breakpoint\n'
        'alter table "public"."drizzled" add column "end" text;--> statement-breakpoint\n'
        'create index "drizzled_end" on "public"."drizzled" ("end");',
    )
    yield Case(
        "dump_header",
        "SET statement_timeout = 0;\nSET lock_timeout = 0;\nSET client_encoding = 'UTF8';\n"
        "SET standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', false);\n"
        "SET check_function_bodies = false;\nSET row_security = off;\nSET default_tablespace = '';\n"
        "SET default_table_access_method = heap;\n\n--\n-- Name: dumped; Type: TABLE\n--\n\n"
        "CREATE TABLE IF NOT EXISTS public.dumped (\n    id bigint NOT NULL\n);\n"
        "ALTER TABLE public.dumped OWNER TO postgres;\n"
        "ALTER TABLE ONLY public.dumped ADD CONSTRAINT dumped_pkey PRIMARY KEY (id);\nRESET ALL;\n",
    )
    yield Case("after_dump_header", "create table unqualified (id int);\ninsert into dumped values (1);\n")


def _transactions() -> Iterator[Case]:
    yield Case("wrapped", "BEGIN;\ncreate table public.wrapped (id int);\nCOMMIT;\n")
    yield Case(
        "wrapped_isolated", "begin isolation level serializable;\ninsert into public.wrapped values (1);\nend;"
    )
    yield Case(
        "chain",
        "insert into public.wrapped values (2);\nBEGIN;\ninsert into public.wrapped values (3);\nCOMMIT;\n"
        "BEGIN;\nBEGIN;\ninsert into public.wrapped values (4);\nCOMMIT;\nCOMMIT;\n"
        "BEGIN;\ninsert into public.wrapped values (5);\nCOMMIT;\n",
    )
    yield Case("commit_alone", "insert into public.wrapped values (6);\nCOMMIT;\n")
    yield Case(
        "commit_inside", "insert into public.wrapped values (7);\nCOMMIT;\ninsert into public.wrapped values (8);"
    )
    yield Case(
        "bounded_set_local",
        "begin;\nset local search_path to auth;\ncreate table public.bounded as select count(*) as n from users;\n"
        "commit;\ncreate table bounded_after (id int);\n",
    )
    yield Case(
        "savepoint",
        "begin;\nsavepoint here;\ninsert into public.wrapped values (9);\nrollback to savepoint here;\n"
        "release savepoint here;\ninsert into public.wrapped values (10);\ncommit;\n",
    )
    yield Case(
        "lock_table",
        "lock table public.wrapped in access exclusive mode;\ninsert into public.wrapped values (11);\n",
        single=True,
    )
    yield Case(
        "temporary",
        "create temp table chosen as select id from public.wrapped;\n"
        "insert into public.wrapped select id + 100 from chosen;\ndrop table chosen;\n",
    )
    yield Case(
        "temporary_until_commit",
        "create temporary table chosen on commit drop as select id from public.wrapped where id < 5;\n"
        "insert into public.wrapped select id + 1000 from chosen;\n",
        single=True,
    )
    yield Case(
        "deferred",
        "create table public.parents (id int primary key);\ncreate table public.children ("
        "parent int references public.parents deferrable initially deferred);\n"
        "begin;\ninsert into public.children values (1);\ninsert into public.parents values (1);\ncommit;\n",
    )


def _enums(random: Random) -> Iterator[Case]:
    moods = ["calm", "glad", "wild", "grim"]
    random.shuffle(moods)
    yield Case(
        "enum", f"create type public.mood as enum ('{moods[0]}');\ncreate table public.moods (mood public.mood);"
    )
    yield Case(
        "enum_used",
        f"alter type public.mood add value if not exists '{moods[1]}';\n"
        f"insert into public.moods values ('{moods[1]}');\n",
    )
    yield Case(
        "enum_default",
        f"alter type public.mood add value '{moods[2]}' before '{moods[0]}';\n"
        f"alter table public.moods alter column mood set default '{moods[2]}';\n"
        "insert into public.moods default values;\n",
    )
    yield Case(
        "enum_between_commits",
        f"begin;\nalter type public.mood add value '{moods[3]}';\ncommit;\n"
        f"begin;\ninsert into public.moods values ('{moods[3]}');\ncommit;\n",
    )
    yield Case(
        "enum_new", "create type public.size as enum ('s');\nalter type public.size rename value 's' to 'small';"
    )


def _lone(random: Random) -> Iterator[Case]:
    yield Case("concurrently", "create index concurrently notes_body on public.notes (body);\n")
    yield Case("concurrently_unnamed", "CREATE INDEX CONCURRENTLY ON public.notes (lower(body))")
    yield Case(
        "concurrently_mixed",
        "alter table public.notes add column rank int;\n-- slow\ncreate unique index concurrently if not exists "
        "notes_rank on public.notes (rank);\nupdate public.notes set rank = id;\n"
        "create index concurrently notes_both on public.notes (rank, body) where rank > 3;\n",
    )
    yield Case(
        "rebuilt",
        "drop index concurrently if exists public.notes_body;\n"
        "create index concurrently notes_body on public.notes (body, id) with "
        f"(fillfactor = {random.randint(50, 99)});\n",
    )
    yield Case("vacuum", "vacuum (analyze) public.notes;\nreindex table concurrently public.notes;\n")
    yield Case("if_exists", "drop index concurrently if exists public.never_there;\n")
    yield Case("committing", "do $$ begin\n  insert into public.wrapped values (20);\n  commit;\nend $$;\n")
    yield Case(
        "committing_procedure",
        "create procedure public.work() language plpgsql as $$\nbegin\n  insert into public.wrapped values (21);\n"
        "  commit;\n  insert into public.wrapped values (22);\nend $$;\ncall public.work();\n",
    )


def _sessions() -> Iterator[Case]:
    yield Case(
        "search_path_gone",
        "select pg_catalog.set_config('search_path', '', false);\n"
        "create table public.pathless (id pg_catalog.int4);\n",
    )
    yield Case("after_search_path_gone", "create table with_path (id int);\ninsert into pathless values (1);\n")
    yield Case(
        "search_path_set", "create schema app;\nset search_path to app, public;\ncreate table inside (id int);"
    )
    yield Case("after_search_path_set", "create table outside (id int);\n")
    yield Case(
        "role_set", "set role anon;\nselect current_user;\nreset role;\ncreate table public.of_postgres (id int);"
    )
    yield Case("role_left", "create table public.before_role (id int);\nset role authenticated;\n")
    yield Case("after_role_left", "create table public.after_role (id int);\n")
    yield Case(
        "settings_left", "set timezone to 'Asia/Tokyo';\nset datestyle to 'German';\nset bytea_output to escape;\n"
    )
    yield Case(
        "after_settings_left",
        "create table public.readings as select '2026-03-04 05:06'::timestamptz as at, "
        "current_setting('datestyle') as style;\n",
    )
    yield Case(
        "left_behind",
        "prepare plan as select 1;\ndeclare kept cursor with hold for select 1;\nlisten somebody;\n"
        "select pg_advisory_lock(4711);\nnotify somebody, 'here';\n",
    )
    yield Case(
        "after_left_behind", "prepare plan as select 2;\ncreate temp table plan (id int);\nnotify pgrst, 'reload';"
    )


def _bodies(random: Random) -> Iterator[Case]:
    tags = ["$$", "$_$", "$body$", "$function$", "$sql$", "$sbapply$", "$sbapply_1$", "$é$", "$a1$"]
    random.shuffle(tags)
    yield Case(
        "dollar_tags",
        "\n".join(
            f"create function public.tag_{number}() returns text language sql as {tag} select ';--/*' || 'x' {tag};"
            for number, tag in enumerate(tags)
        ),
    )
    yield Case(
        "nested_dollars",
        "do $outer$\nbegin\n  execute $inner$ create function public.nested() returns text language plpgsql as $$\n"
        "begin return $q$;$q$; end $$ $inner$;\nend\n$outer$;\n",
    )
    yield Case(
        "begin_atomic",
        "create function public.added(a int, b int) returns int language sql immutable\nbegin atomic\n"
        "  select case when a > b then a + b else b end;\nend;\n"
        "create procedure public.noted(n int) language sql\nbegin atomic\n"
        "  insert into public.wrapped values (n);\n"
        "  insert into public.wrapped values (n + 1);\nend;\ncall public.noted(30);\n",
    )
    yield Case(
        "atomic_names",
        'create table public.atomic (begin_at int, "end" int, weekend int, "commit;" int);\n'
        'create view public.nonatomic as select weekend, "end" from public.atomic;\n'
        "create function public.begin_atomic_end() returns int language sql as 'select 1; -- it''s;';\n",
    )
    yield Case(
        "notices",
        "do $$ begin raise notice 'working: %', 1; raise warning 'careful'; end $$;\n"
        "create table if not exists public.notes (id int);\n",
    )
    yield Case(
        "self_check",
        "insert into public.notes values (300, 'checked');\ndo $check$\nbegin\n  if not exists (select from "
        "public.notes where id = 300) then\n    raise exception 'the row is missing';\n  end if;\nend\n$check$;\n",
    )
    yield Case(
        "selects", "select count(*) from public.notes;\nselect id, body from public.notes order by id limit 3;\n"
    )
    yield Case("many_rows", "select n, repeat('x', 100) from generate_series(1, 2000) as n;")


def _objects(random: Random) -> Iterator[Case]:
    yield Case(
        "policies",
        "create table public.secrets (id int primary key, owner uuid default auth.uid());\n"
        "alter table public.secrets enable row level security;\n"
        "alter table public.secrets force row level security;\n"
        'create policy "owners; read" on public.secrets for select to authenticated using (owner = auth.uid());\n'
        'drop policy if exists "never" on public.secrets;\n'
        "grant select on public.secrets to authenticated;\nrevoke all on public.secrets from anon;\n",
    )
    yield Case(
        "default_privileges",
        "alter default privileges in schema app grant select on tables to anon, authenticated;\n"
        "create table app.granted (id int);\ngrant usage on schema app to anon;\n",
    )
    yield Case(
        "triggers",
        "create table public.stamps (id int, at timestamptz default now());\n"
        "create function public.stamp() returns trigger language plpgsql security definer "
        "set search_path = '' as $$\nbegin new.at := pg_catalog.now(); return new; end $$;\n"
        "create trigger stamped before update on public.stamps for each row execute function public.stamp();\n"
        "insert into public.stamps (id) values (1);\nupdate public.stamps set id = 2;\n",
    )
    yield Case(
        "on_auth_users",
        "create trigger on_made after insert on auth.users for each row execute function public.stamp();\n",
    )
    yield Case(
        "types",
        "create domain public.percent as numeric check (value between 0 and 100);\n"
        "create type public.pair as (left_one int, right_one public.percent);\n"
        "create table public.pairs (pair public.pair);\ninsert into public.pairs values (row(1, 50));\n"
        "create sequence public.numbers start 7;\nselect nextval('public.numbers');\n",
    )
    yield Case(
        "views",
        "create view public.noted as select id from public.notes;\ncreate or replace view public.noted with "
        "(security_invoker = true) as select id, body from public.notes;\n"
        "create materialized view public.counted as select count(*) as n from public.notes;\n"
        "refresh materialized view public.counted;\ncomment on view public.noted is $$it's a view;$$;\n",
    )
    parts = random.randint(2, 6)
    yield Case(
        "partitions",
        "create table public.parted (day int) partition by range (day);\n"
        + "".join(
            f"create table public.parted_{part} partition of public.parted "
            f"for values from ({part}) to ({part + 1});\n"
            for part in range(parts)
        )
        + "insert into public.parted values (0), (1);\n",
    )
    yield Case(
        "owners",
        "create table public.handed (id int);\nalter table public.handed owner to postgres;\n"
        "truncate public.handed;\nalter table public.handed rename to handed_over;\n"
        "alter table public.handed_over set schema app;\n",
    )
    yield Case("dropped", "drop view public.nonatomic;\ndrop table if exists public.atomic cascade;\n")


def _platform() -> Iterator[Case]:
    yield Case(
        "storage",
        "insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true) "
        "on conflict do nothing;\n"
        "create policy \"avatars\" on storage.objects for select using (bucket_id = 'avatars');\n",
    )
    yield Case(
        "cron",
        "create extension if not exists pg_cron with schema pg_catalog;\n"
        "select cron.schedule('nightly', '0 3 * * *', $$ delete from public.stamps $$);\n",
    )
    yield Case(
        "queues",
        "create extension if not exists pgmq;\nselect pgmq.create('letters');\n"
        "select * from pgmq.send('letters', '{\"to\": \"you\"}');\n",
    )
    yield Case(
        "publication",
        "alter publication supabase_realtime add table public.notes;\n"
        "select vault.create_secret('s', 'name') is null;\n"
        "delete from vault.secrets;\n",
    )
    yield Case(
        "extensions", "create extension if not exists citext with schema extensions;\ncreate table c (v citext);\n"
    )


def _large(random: Random) -> Iterator[Case]:
    yield Case("large", "create table public.trees (id int primary key, name text);\n" + _planted(random, 0, LARGE))
    yield Case("after_large", "alter table public.trees add column grown boolean default true;\n")
    quoted = "é''🌲;\n" * (LARGE // 10)
    yield Case("large_statement", f"create table public.letters as select '{quoted}'::text as letter")
    yield Case(
        "large_parts",
        f"begin;\n{_planted(random, 1_000_000, LARGE // 2)}commit;\n{_planted(random, 2_000_000, LARGE // 2)}"
        "create index concurrently trees_name on public.trees (name);\n",
    )


def _planted(random: Random, first: int, size: int) -> str:
    """Return statements of ``size`` bytes or a little more that insert rows, counted from ``first``."""
    words = ["ash", "birch", "cedar", "fir", "oak", "🌲"]
    lines: list[str] = []
    while size > 0:
        start = first + len(lines) * 100
        values = ",".join(f"({start + row},'{random.choice(words) * 4}')" for row in range(100))
        lines.append(f"insert into public.trees (id, name) values {values};\n")
        size -= len(lines[-1])
    return "".join(lines)
