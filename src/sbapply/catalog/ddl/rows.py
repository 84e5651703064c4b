"""Write rows that are configuration: buckets, jobs and queues."""

import json
from collections.abc import Sequence

from sbapply.catalog.ddl.piece import Phase, Piece, Writers
from sbapply.catalog.whole import CatalogObject, WholeCatalog
from sbapply.database import Json
from sbapply.quoting import quote_identifier, quote_literal
from sbapply.templates import fill

_INSERT = "insert into storage.buckets ({columns}) values ({values}) on conflict (id) do update set {changed}"


def _bucket(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    values = {"id": item.key[0], **{name: value for name, value in item.facts.items() if value is not None}}
    columns = ", ".join(map(quote_identifier, values))
    listed = ", ".join(map(_value, values.values()))
    changed = ", ".join(
        f"{quote_identifier(name)} = excluded.{quote_identifier(name)}" for name in values if name != "id"
    )
    insert = fill(_INSERT, columns=columns, values=listed, changed=changed)
    return [Piece(Phase.SETTINGS, insert)]


def _value(value: Json) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        inside = ",".join('"' + str(each).replace("\\", "\\\\").replace('"', '\\"') + '"' for each in value)
        return quote_literal("{" + inside + "}")
    return quote_literal(json.dumps(value) if isinstance(value, dict) else str(value))


def _job(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    name, user, _ = item.key
    facts = item.facts
    told = [name] if name else []
    call = ", ".join(quote_literal(str(each)) for each in (*told, facts["schedule"], facts["command"]))
    schedule = f"cron.schedule({call})"
    changes = []
    if facts["database"] is not None:
        changes.append(f"database := {quote_literal(str(facts['database']))}")
    if user != "postgres":
        changes.append(f"username := {quote_literal(user)}")
    if not facts["active"]:
        changes.append("active := false")
    text = f"select cron.alter_job({', '.join([schedule, *changes])})" if changes else f"select {schedule}"
    return [Piece(Phase.SETTINGS, text)]


def _queue(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    made = "create_partitioned" if item.facts["partitioned"] else "create"
    made = "create_unlogged" if item.facts["unlogged"] else made
    # It is first there with its tables, on which grants and policies may stand.
    return [Piece(Phase.SHELLS, f"select pgmq.{made}({quote_literal(item.key[0])})")]


ROWS: Writers = {"bucket": _bucket, "cron job": _job, "queue": _queue}
