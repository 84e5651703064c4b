"""Answer as the SQL server behind the endpoint does: ``POST /query`` of ``@supabase/postgres-meta`` 0.99."""

from collections.abc import Sequence
from dataclasses import dataclass

from sbapply.database import Json
from sbapply.rehearse import javascript
from sbapply.rehearse.wire import Limits, WireFailure, run_query

# MAX_BODY_LIMIT in src/server/constants.ts.
BODY_BYTES = 3 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SqlAnswer:
    """Hold its status, and the rows (200) or the text in ``error`` (everything else)."""

    status: int
    rows: list[Json]
    error: str = ""


def answer_sql(
    conninfo: str, sql: str, parameters: Sequence[Json] = (), *, limits: Limits | None = None
) -> SqlAnswer:
    """Run ``sql`` on the server that ``conninfo`` names; never raises for what SQL or the connection do."""
    body = javascript.stringify({"query": sql, "parameters": list(parameters)})
    if len(body.encode("utf-8")) > BODY_BYTES:
        return SqlAnswer(500, [], "Request body is too large")
    if not sql:
        return SqlAnswer(500, [], "query not found")
    try:
        return SqlAnswer(200, list(run_query(conninfo, sql, parameters, limits=limits)))
    except WireFailure as failure:
        return SqlAnswer(failure.meta_status, [], failure.text)
