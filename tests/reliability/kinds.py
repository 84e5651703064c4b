"""Make small folders, one of each kind of migration, every part of which counts how often it is run.

A part counts twice: by a row that is there only if it is committed (``app.marks``), and by a sequence, which counts
what was begun even if it was rolled back. Indexes count how often they are built by what their expression calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass

# What the limit of a request is for files that are to travel in pieces.
SMALL_REQUEST = 20_000


@dataclass(frozen=True, slots=True)
class File:
    """Hold one migration.

    ``parts`` is how many of its parts leave a mark, ``builds`` how many indexes it builds that count; ``indexes``
    are those that it leaves.
    """

    version: str
    text: str
    parts: int = 1
    builds: int = 0
    indexes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Folder:
    """Hold a folder of one kind, and the limit of a request that it is pushed with, 0 for the usual one."""

    name: str
    files: tuple[File, ...]
    request_bytes: int = 0


# What is there before the first migration; run as the role of the migrations.
GROUND = """
create schema app;
create schema counting;
create table app.marks (version text, part int);
create table app.things (id int, code text, amount numeric);
insert into app.things select n, 'code ' || n, n / 7.0 from generate_series(1, 3) as n;
create type app.mood as enum ('fine');
create table app.moods (mood app.mood);
create index things_rebuilt on app.things (id);
create sequence counting.built;
-- A lie, told to count: three rows are read for each build of an index.
create function counting.count_build(n int) returns int language plpgsql immutable as $$
begin
  perform nextval('counting.built');
  return n;
end
$$;
"""
ROWS = 3


def begun_name(version: str, part: int) -> str:
    """Return the sequence that counts how often a part was begun."""
    return f"begun_{version}_{part}"


def ground_of(folder: Folder) -> str:
    """Return the SQL that makes what a folder's migrations find."""
    sequences = [
        f"create sequence counting.{begun_name(file.version, part)};\n"
        for file in folder.files
        for part in range(1, file.parts + 1)
    ]
    return GROUND + "".join(sequences)


def mark(version: str, part: int = 1) -> str:
    """Return the statements by which a part counts itself."""
    return (
        f"select nextval('counting.{begun_name(version, part)}');\n"
        f"insert into app.marks (version, part) values ('{version}', {part});\n"
    )


_FIRST = "20260301000000"


def _one(
    kind: str, text: str, *, parts: int = 1, builds: int = 0, indexes: tuple[str, ...] = (), request_bytes: int = 0
) -> Folder:
    return Folder(kind, (File(_FIRST, text, parts, builds, indexes),), request_bytes)


def _plain() -> Folder:
    return _one("plain", f"create table app.plain (id int primary key);\n{mark(_FIRST)}")


def _wrapped() -> Folder:
    return _one("wrapped", f"begin;\nupdate app.things set amount = amount * 2;\n{mark(_FIRST)}commit;\n")


def _several() -> Folder:
    text = f"begin;\ncreate table app.several (id int);\n{mark(_FIRST)}commit;\n"
    text += f"begin;\ninsert into app.several values (1);\n{mark(_FIRST, 2)}commit;\n"
    return _one("several units", f"{text}comment on table app.several is 'three';\n{mark(_FIRST, 3)}", parts=3)


def _named() -> Folder:
    text = f"{mark(_FIRST)}create index concurrently things_named on app.things (counting.count_build(id), code);\n"
    indexes = ("things_named",)
    return _one("concurrently", f"{text}{mark(_FIRST, 2)}", parts=2, builds=1, indexes=indexes)


def _unnamed() -> Folder:
    text = "create index concurrently on app.things (counting.count_build(id)) where id > 0;\n"
    indexes = ("things_count_build_idx",)
    return _one("concurrently, no name", f"{mark(_FIRST)}{text}", builds=1, indexes=indexes)


def _rebuilt() -> Folder:
    text = "drop index concurrently app.things_rebuilt;\n"
    text += "create index concurrently things_rebuilt on app.things (counting.count_build(id)) where id > 0;\n"
    return _one("dropped and rebuilt", f"{text}{mark(_FIRST)}", builds=1, indexes=("things_rebuilt",))


def _block() -> Folder:
    """Return a block that commits; it waits for the table, as what builds an index does."""
    body = f"lock table app.things in share mode;\nperform nextval('counting.{begun_name(_FIRST, 2)}');\n"
    body += f"insert into app.marks (version, part) values ('{_FIRST}', 2);\n"
    # Indented, as faults look for the commits of a request at the beginning of a line.
    text = f"{mark(_FIRST)}do $$\nbegin\n{body}  commit;\n  perform 1;\nend\n$$;\n{mark(_FIRST, 3)}"
    return _one("a block that commits", text, parts=3)


def _enum() -> Folder:
    text = f"alter type app.mood add value 'curious';\ninsert into app.moods values ('curious');\n{mark(_FIRST)}"
    return _one("enum", text)


def _pieces() -> Folder:
    rows = "".join(f"insert into app.large values ({n}, 'row {n}, with a quote '' in it');\n" for n in range(700))
    text = f"create table app.large (id int, note text);\n{rows}{mark(_FIRST)}"
    return _one("pieces", text, request_bytes=SMALL_REQUEST)


def _pieces_in_parts() -> Folder:
    """Return two files: only for the second are the tables of parts and pieces there when it is claimed."""
    files = []
    for index in range(2):
        version = str(int(_FIRST) + index)
        rows = "".join(f"insert into app.large_{index} values ({n}, 'row {n}');\n" for n in range(300))
        text = f"create table app.large_{index} (id int, note text);\n{rows}{mark(version)}commit;\n"
        files.append(File(version, f"{text}begin;\n{mark(version, 2)}commit;\n", parts=2))
    return Folder("pieces in parts", tuple(files), SMALL_REQUEST)


def _batch() -> Folder:
    files = []
    for index in range(20):
        version = str(int(_FIRST) + index)
        files.append(File(version, f"create table app.batch_{index} (id int);\n{mark(version)}"))
    return Folder("batch of 20", tuple(files))


FOLDERS: Sequence[Folder] = (
    _plain(),
    _wrapped(),
    _several(),
    _named(),
    _unnamed(),
    _rebuilt(),
    _enum(),
    _pieces(),
    _batch(),
    _pieces_in_parts(),
    _block(),
)
