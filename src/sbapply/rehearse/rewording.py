"""Word statements that only the platform takes from role postgres so that a server of our own takes them too.

Two kinds, of which Postgres decides before anything that runs in the database could help: CREATE EVENT TRIGGER is
refused to whoever is no superuser (``event_triggers.sql`` has a procedure that does it), and a version that is
pinned for an extension has to be one whose script is there.
"""

import re
from collections.abc import Iterator

from sbapply.migrations.statements import split_text
from sbapply.rehearse.platform import ANY_VERSION

_LONG = 20_000
# What sbapply_mentions in rights.sql looks for, in Python's words.
_MENTIONS = {
    "tables": re.compile(
        r"\b(?:storage|realtime)\b|\bon\s+\"?auth\"?\s*\.|\btable\s+(?:only\s+)?\"?auth\"?\s*\.|search_path|sbapply_pieces",
        re.IGNORECASE,
    ),
    "comments": re.compile(r"\bcomment\s+on\s+(?:policy|extension)\b|sbapply_pieces", re.IGNORECASE),
    "superuser": re.compile(
        r"\b(?:all\s+tables|tables\s+in\s+schema|set\s+schema)\b|sbapply_pieces", re.IGNORECASE
    ),
}
_MENTIONED = re.compile(
    r"create\s+event\s+trigger|create\s+extension\b.*?\bversion\b|alter\s+extension\b.*?\bupdate\s+to\b",
    re.IGNORECASE | re.DOTALL,
)
_EVENT_TRIGGER = re.compile(r"create\s+event\s+trigger\s(?P<definition>[^$]*)", re.IGNORECASE)
_EXTENSION = re.compile(
    r"(?:create\s+extension\s+(?:if\s+not\s+exists\s+)?|alter\s+extension\s+)(?P<quote>\"?)(?P<name>[\w-]+)(?P=quote)"
    r"(?P<options>\s.*)",
    re.IGNORECASE | re.DOTALL,
)
_VERSION = re.compile(r"\b(?:version|(?<=update)\s+to)\s+(?:'[^']*'|\"[^\"]*\"|[\w.]+)", re.IGNORECASE)


def unmentioned(sql: str) -> str:
    """Return the option that tells a session which things of ``sbapply_mentions`` a long text does not mention.

    Without it ``rights.sql`` searches the text, in each transaction of it.
    """
    if len(sql) < _LONG:
        return ""
    missing = ",".join(what for what, words in _MENTIONS.items() if words.search(sql) is None)
    return f"-c sbapply.unmentioned={missing}" if missing else ""


def reword(sql: str) -> str:
    """Return ``sql`` with those of its statements reworded.

    Each keeps its length, so that places in errors are still those of ``sql``. Text that cannot be parsed is
    returned as it is, and so is a statement within a body or a literal.
    """
    if _MENTIONED.search(sql) is None:
        return sql
    import postgast  # 0.1 s, needed only where there is something to reword

    try:
        return "".join(_pieces(sql))
    except postgast.PgQueryError:
        return sql


def _pieces(sql: str) -> Iterator[str]:
    done = 0
    for statement in split_text(sql).statements:
        text = sql[statement.start : statement.end]
        yield sql[done : statement.start]
        yield _reworded(text).ljust(len(text))
        done = statement.end
    yield sql[done:]


def _reworded(text: str) -> str:
    found = _EVENT_TRIGGER.fullmatch(text)
    if found is not None:
        return f"call sbapply($${found['definition']}$$)"
    found = _EXTENSION.fullmatch(text)
    if found is not None and found["name"].lower() in ANY_VERSION:
        start = found.start("options")
        return text[:start] + _VERSION.sub(lambda version: " " * len(version[0]), text[start:])
    return text
