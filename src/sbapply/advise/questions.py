"""Ask every rule at once, with one read-only question."""

import json
from functools import cache
from typing import Any

from sbapply.advise.finding import Finding
from sbapply.advise.rules import rule_texts
from sbapply.catalog.snapshot import SETTINGS_SQL
from sbapply.database import Clock, Database, Json, ask, shaped
from sbapply.errors import ReadFailed
from sbapply.quoting import quote_literal
from sbapply.templates import fill, load_sql

_PAGE = "https://supabase.com/docs/guides/database/database-linter?lint="
_FIELDS = frozenset(
    {"name", "title", "level", "category", "page", "description", "type", "schema", "object", "detail", "cache_key"}
)


def ask_rules(database: Database, *, patience: float, clock: Clock | None = None) -> tuple[Finding, ...]:
    """Return what the rules find, in one request that reads the system catalogs and nothing else.

    Raises ``ReadFailed`` after ``patience`` seconds without an answer, ``SqlError`` and the lasting kinds of
    ``NotSent`` at once.
    """
    rows = ask(database, advise_sql(), patience=patience, clock=clock)
    if len(rows) != 1 or "findings" not in rows[0]:
        raise ReadFailed("The answer to the advisors' question is not one row.", "Run the command again.")
    return read_findings(rows[0]["findings"])


@cache
def advise_sql() -> str:
    """Return the question: a transaction that is read only and rolled back, one row with one text ``findings``."""
    rules = (
        fill(load_sql("sbapply.advise", "rule.sql"), name=quote_literal(name), rule=rule)
        for name, rule in rule_texts().items()
    )
    return fill(
        load_sql("sbapply.advise", "ask.sql"),
        settings=SETTINGS_SQL,
        catalog=load_sql("sbapply.catalog", "around.sql").rstrip(),
        around=load_sql("sbapply.advise", "around.sql").rstrip(),
        rules="union all\n".join(rules).rstrip(),
    )


def read_findings(value: Json) -> tuple[Finding, ...]:
    """Read the column ``findings`` of the answer. Raises ``ReadFailed`` where it has another shape."""
    with shaped("the advisors"):
        return tuple(_finding(each) for each in json.loads(str(value)))


def _finding(value: Any) -> Finding:
    return Finding(
        name=value["name"],
        title=value["title"],
        level=value["level"],
        categories=(value["category"],),
        schema=value["schema"],
        object=value["object"],
        detail=value["detail"],
        description=value["description"],
        remediation=f"{_PAGE}{value['page']}_{value['name']}",
        cache_key=value["cache_key"],
        type=value["type"],
        metadata={name: each for name, each in value.items() if name not in _FIELDS},
    )
