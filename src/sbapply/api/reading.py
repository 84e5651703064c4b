"""Read a project's database with whatever right to read the token has."""

from collections.abc import Sequence

from sbapply.api.client import READ_TIMEOUT, ApiClient
from sbapply.api.status import check_awake
from sbapply.database import Row
from sbapply.errors import DatabaseError, DatabaseUnreachable, Forbidden

# What is left of a read's patience goes to the question why it got no answer.
_LOOK_TIMEOUT = 5.0


class ReadingDatabase:
    """Be a project's Postgres for SQL without effect; never for a push.

    A token that has only ``database_read`` is refused by the endpoint that can write (403). From then on reads go
    to the one beside it, ``…/read-only``, where the role is ``supabase_read_only_user``: it reads everything and
    writes nothing (``default_transaction_read_only``, supabase/postgres#1711). ``read_only`` starts there.
    ``requests`` counts the POSTs that were tried.
    """

    def __init__(self, client: ApiClient, ref: str, *, read_only: bool = False) -> None:
        self._client = client
        self._ref = ref
        self._read_only = read_only
        self.requests = 0

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Row]:
        """Send ``sql`` once, or twice where the first endpoint refuses the token; see ``Database.run``.

        Raises ``ProjectAsleep`` where the database gives no answer because the project is not up.
        """
        if not self._read_only:
            try:
                return self._run(sql, timeout)
            except Forbidden:
                self._read_only = True
        return self._run(sql, timeout)

    def _run(self, sql: str, timeout: float | None) -> Sequence[Row]:
        self.requests += 1
        try:
            return self._client.query(self._ref, sql, read_only=self._read_only, timeout=timeout)
        except DatabaseUnreachable:
            self._check_awake(timeout or READ_TIMEOUT)
            raise

    def _check_awake(self, timeout: float) -> None:
        """Raise ``ProjectAsleep`` if the API says that the project is not up.

        A preview branch is no project (404), and a token may not look (403): then nothing more is known.
        """
        try:
            project = self._client.project(self._ref, timeout=min(timeout, _LOOK_TIMEOUT))
        except DatabaseError:
            return
        check_awake(project)
