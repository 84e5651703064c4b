"""List files that are hostile as texts: their ends, their comments, and the delimiters that sbapply uses."""

import itertools
import re
from pathlib import Path

import sbapply
from tests.reliability.hostile import End, Hostile, applied, mark, refused

_SOURCES = Path(sbapply.__file__).parent


def dollar_tags() -> list[str]:
    """Return every dollar tag in the SQL and the Python of the program."""
    found: set[str] = {"$$"}
    for path in (*_SOURCES.rglob("*.sql"), *_SOURCES.rglob("*.py")):
        found |= set(re.findall(r"\$[A-Za-z_][A-Za-z_0-9]*\$", path.read_text(encoding="utf-8")))
    return sorted(found)


def marker_comments() -> list[str]:
    """Return the first lines of all SQL that the program sends, where they are comments."""
    found = set()
    for path in _SOURCES.rglob("*.sql"):
        first = path.read_text(encoding="utf-8").split("\n", 1)[0]
        if first.startswith("/*"):
            found.add(first)
    return sorted(found)


def _holding_tags() -> str:
    tags = dollar_tags()
    literals = ",\n".join(f"  {tag}text with ' and \\ and ; commit; in it{tag}" for tag in tags)
    nested = "".join(f"select {tag} begin; {other} commit; {tag};\n" for tag, other in itertools.pairwise(tags))
    quoted = "".join(
        f"select '{tag}', E'\\'{tag}', \"{tag}\" from (select 1 as \"{tag}\") as x; -- {tag}\n/* {tag} */\n"
        for tag in tags
    )
    return f"select\n{literals};\n{nested}{quoted}"


_MARK = mark().strip()
_BARE = _MARK.removesuffix(";")

ENDS: tuple[Hostile, ...] = (
    Hostile("ends without a newline", _MARK, End.APPLIED),
    Hostile("ends without a newline or a semicolon", _BARE, End.APPLIED),
    Hostile("ends in a line comment without a newline", f"{_MARK}\n-- the end", End.APPLIED),
    Hostile("ends in a line comment behind a statement without a semicolon", f"{_BARE} -- the end", End.APPLIED),
    Hostile("ends in a block comment", f"{_BARE} /* the end */", End.APPLIED),
    Hostile("ends in many semicolons", f"{_MARK};;;;", End.APPLIED),
    Hostile("ends in a carriage return", f"{_BARE}\r", End.APPLIED),
    Hostile("has Windows' line ends", f"-- one\r\n{_BARE}\r\n;\r\n-- two", End.APPLIED),
    refused("ends in an open comment", f"{_MARK}\n/* open"),
    refused("ends in an open nested comment", f"{_MARK}\n/* one /* two */ open"),
    refused("ends in an open string", f"{_MARK}\nselect 'open"),
    refused("ends in an open name", f'{_MARK}\nselect 1 as "open'),
    refused("ends in an open dollar quote", f"{_MARK}\nselect $sbapply$ open"),
    refused("ends in a backslash", f"{_MARK}\n\\"),
    refused("rolls back", f"{_MARK}\nrollback;\n"),
    refused("aborts", f"{_MARK}\nabort and chain;\n"),
    refused("prepares its transaction", f"{_MARK}\nprepare transaction 'x';\n"),
    refused("commits a prepared one", f"{_MARK}\ncommit prepared 'x';\n"),
    refused("copies from standard input", "copy app.marks (version) from stdin;\nx\n\\.\n"),
)

WORDS: tuple[Hostile, ...] = (
    applied("holds every dollar tag of ours", _holding_tags()),
    applied(
        "holds every comment of ours",
        "\n".join(f"{line} */" if "*/" not in line else line for line in marker_comments())
        + "\n/* sbapply run=0000000000000000 request=1; */",
    ),
    applied("starts with our marker", "/* sbapply run=0000000000000000 request=1; */\n/* sbapply: read */"),
    applied(
        "closes our last block in a string",
        "select '\n;\nreset role;\ndo $sbapply$\ncommit;\n', $x$\n$sbapply$;\ncommit;\n$x$;",
    ),
    applied(
        "holds what no terminal should", "select E'\\u001b[2J', '\u202e\u200b\ufeff', 'é', '😀', U&'\\+01F600';"
    ),
)

CASES = (*ENDS, *WORDS)
