"""Table: what is typed or set wrong, so that nothing reaches the network."""

import base64
import json
from pathlib import Path

from tests.cli.bad_input.row import Row, Setup
from tests.cli.bad_input.world import World, new_token

PUSH = ("push", "--yes", "--no-rehearse", "--no-verify")


def jwt(role: str) -> str:
    """Return a key as projects have them, signed by nobody."""
    parts = ({"alg": "HS256"}, {"role": role, "ref": "x"})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join((*encoded, "c2lnbmF0dXJlc2lnbmF0dXJl"))


def unset(name: str) -> Setup:
    return lambda world: world.environment.pop(name)


def environ(**values: str) -> Setup:
    return lambda world: world.environment.update(values)


def toml(text: str) -> Setup:
    return lambda world: (world.folder / "sbapply.toml").write_text(text, encoding="utf-8")


def standing_in(name: str) -> Setup:
    """Let the command stand in a folder of the home that is no project."""

    def move(world: World) -> None:
        world.folder = world.home / name
        world.folder.mkdir()

    return move


def no_login(world: World) -> None:
    """Let ``login`` find no keyring at all."""
    del world.environment["PYTHON_KEYRING_BACKEND"], world.environment["SUPABASE_ACCESS_TOKEN"]
    world.given = world.token


def broken_token(world: World) -> None:
    world.token = new_token()
    world.environment["SUPABASE_ACCESS_TOKEN"] = f"{world.token[:30]}\n{world.token[30:]}"


def token_as_word(world: World) -> None:
    world.words = {"token": world.token}


def folder_of_sql(world: World) -> None:
    (world.folder / "list.sql").mkdir()


def sql_of_another_time(world: World) -> None:
    (world.folder / "old.sql").write_bytes("select 'é'".encode("latin-1"))


def migrations_are_a_file(world: World) -> None:
    (world.migrations / "1_a.sql").unlink()
    world.migrations.rmdir()
    Path(world.migrations).write_text("", encoding="utf-8")


def no_migrations_folder(world: World) -> None:
    (world.migrations / "1_a.sql").unlink()
    world.migrations.rmdir()


LONG = "x" * 300

TYPED = (
    Row("an unknown option", ("push", "--dryrun"), 2, "usage", "--dryrun", "--dry-run"),
    Row("an unknown option before the verb", ("--dryrun", "push"), 2, "usage", "--dryrun", "--dry-run", once=True),
    Row("an unknown option like no other", ("push", "--zzz"), 2, "usage", "--zzz", "sbapply push --help"),
    Row("an unknown verb", ("psh",), 2, "usage", "psh", "sbapply push"),
    Row("an unknown verb like no other", ("nonsense",), 2, "usage", "nonsense", "sbapply --help"),
    Row("an unknown second word", ("sandbox", "rset"), 2, "usage", "rset", "sbapply sandbox reset"),
    Row("no verb", ("--yes",), 2, "usage", "No verb", "sbapply --help"),
    Row("no second word", ("sandbox", "--yes"), 2, "usage", "sandbox", "sbapply sandbox --help"),
    Row("a missing argument", ("push", "--yes", "--to"), 2, "usage", "--to", "sbapply push --help"),
    Row(
        "an option that needs a value",
        ("push", "--yes", "--workdir"),
        2,
        "usage",
        "--workdir",
        "push --help",
        once=True,
    ),
    Row("one argument too many", ("link", "a", "b"), 2, "usage", "(b)", "sbapply link --help", once=True),
    Row("a port that is none", ("sandbox", "serve", "--port", "99999"), 2, "usage", "--port", once=True),
    Row("a layout that is none", ("query", "--format", "xml", "select 1"), 2, "usage", "xml", "query --help"),
    Row("a token as an option", (*PUSH, "--token", "{token}"), 2, "token-malformed", "", "login", token_as_word),
    Row("a token as =", (*PUSH, "--token={token}"), 2, "token-malformed", "", "login", token_as_word, once=True),
    Row("a token for login", ("login", "{token}"), 2, "token-malformed", "", "login", token_as_word),
    Row("a token where none belongs", ("link", "a", "{token}"), 2, "usage", "", "link --help", token_as_word),
    Row("a token as a verb", ("{token}",), 2, "usage", "", "sbapply --help", token_as_word, once=True),
    Row(
        "a plan that is not there",
        (*PUSH, "--plan", "no.json"),
        2,
        "usage",
        "no.json",
        "sbapply plan -o",
        once=True,
    ),
    Row("a plan into no folder", ("plan", "-o", "no/plan.json"), 2, "usage", "no/plan.json", "another", once=True),
    Row("a workdir too long for a name", (*PUSH, "--workdir", LONG), 2, "usage", "too long", "push --help"),
    Row("a plan too long for a name", (*PUSH, "--plan", LONG), 2, "usage", "too long", "push --help", once=True),
    Row("a plan into one", ("plan", "-o", LONG), 2, "usage", "too long", "plan --help", once=True),
    Row("a report into one", (*PUSH, "--report", f"{LONG}.md"), 2, "usage", "too long", "push --help", once=True),
    Row("query of one", ("query", "--file", LONG), 2, "usage", "too long", "query --help", once=True),
    Row("a name that is none", ("new", "///"), 2, "usage", "'///'", "letters", once=True),
    Row("query without SQL", ("query",), 2, "usage", "no SQL", "--file"),
    Row("query of a file that is not there", ("query", "--file", "no.sql"), 2, "usage", "no.sql", "name"),
    Row("query of a folder", ("query", "--file", "list.sql"), 2, "usage", "list.sql", "", folder_of_sql, once=True),
    Row(
        "query of another encoding",
        ("query", "--file", "old.sql"),
        2,
        "usage",
        "UTF-8",
        "UTF-8",
        sql_of_another_time,
    ),
)

SETTINGS = (
    Row("no token", PUSH, 2, "token-missing", "SUPABASE_ACCESS_TOKEN", "login", unset("SUPABASE_ACCESS_TOKEN")),
    Row(
        "an anon key",
        PUSH,
        2,
        "token-malformed",
        "anon key",
        "sbp_",
        environ(SUPABASE_ACCESS_TOKEN=jwt("anon")),
    ),
    Row(
        "a service key",
        PUSH,
        2,
        "token-malformed",
        "service_role",
        "sbp_",
        environ(SUPABASE_ACCESS_TOKEN=jwt("service_role")),
        once=True,
    ),
    Row(
        "a secret key",
        PUSH,
        2,
        "token-malformed",
        "secret API key",
        "sbp_",
        environ(SUPABASE_ACCESS_TOKEN="sb_secret_" + "x" * 30),
    ),
    Row(
        "a database's address",
        PUSH,
        2,
        "token-malformed",
        "database's address",
        "sbp_",
        environ(SUPABASE_ACCESS_TOKEN="postgresql://postgres:secretword@db.example:5432/postgres"),
        once=True,
    ),
    Row("a token with a line feed", PUSH, 2, "token-malformed", "SUPABASE_ACCESS_TOKEN", "once more", broken_token),
    Row("no keyring", ("login", "--stdin"), 2, "keyring-missing", "keyring", "SUPABASE_ACCESS_TOKEN", no_login),
    Row("login without a terminal", ("login",), 2, "token-missing", "no terminal", "--stdin"),
    Row("login from an empty input", ("login", "--stdin"), 2, "token-malformed", "empty", "sbp_", once=True),
    Row("no ref", PUSH, 2, "project-unknown", "No project", "--project-ref", unset("SUPABASE_PROJECT_REF")),
    Row("a ref that is none", (*PUSH, "--project-ref", "My-App"), 2, "usage", "My-App", "20 lower-case letters"),
    Row("link without a ref", ("link",), 2, "project-unknown", "no terminal", "link REF", once=True),
    Row("no supabase/ folder", PUSH, 2, "usage", "supabase/", "--workdir", standing_in("elsewhere")),
    Row("a workdir that is none", (*PUSH, "--workdir", "absent"), 2, "usage", "absent", "supabase/"),
    Row("no migrations folder", PUSH, 2, "usage", "supabase/migrations", "--workdir", no_migrations_folder),
    Row("a file for a folder", PUSH, 2, "usage", "supabase/migrations", "type", migrations_are_a_file, once=True),
    Row("settings that are no TOML", PUSH, 2, "configuration", "not TOML", "Correct", toml("patience = [")),
    Row("an unknown setting", PUSH, 2, "configuration", "patence", "patience", toml("[patence]\nread = 1\n")),
    Row(
        "a wrong setting",
        PUSH,
        2,
        "configuration",
        "patience.read",
        "above 0",
        toml("[patience]\nread = 'x'\n"),
        once=True,
    ),
    Row(
        "a timeout that is none",
        PUSH,
        2,
        "configuration",
        "limits.statement_timeout",
        "500ms",
        toml("[limits]\nstatement_timeout = 'soon'\n"),
        once=True,
    ),
    Row("plain http to a host", (*PUSH, "--api-url", "http://api.example"), 2, "configuration", "http", "https"),
    Row(
        "an address that is none",
        (*PUSH, "--api-url", "api.example"),
        2,
        "configuration",
        "api.example",
        "https",
        once=True,
    ),
    Row(
        "a certificate file that is not there",
        (*PUSH, "--api-url", "https://127.0.0.1:9"),
        2,
        "configuration",
        "SSL_CERT_FILE",
        "PEM",
        environ(SSL_CERT_FILE="/nowhere.pem"),
        once=True,
    ),
)
