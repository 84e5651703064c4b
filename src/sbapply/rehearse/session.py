"""Carry one query over one libpq connection as node-postgres would; imported only when a query is run."""

import selectors
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from psycopg import OperationalError, ProgrammingError, pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from sbapply.database import Json
from sbapply.rehearse import javascript
from sbapply.rehearse.encoding import Decoder, decoder, encode_parameter, encode_text
from sbapply.rehearse.failure import (
    ConnectionLost,
    NoConnection,
    QueryRefused,
    ReadTimeout,
    ResultTooLarge,
    WireError,
    WireFailure,
)
from sbapply.rehearse.platform import SUPERUSER
from sbapply.rehearse.rewording import reword

# What the platform's connections call themselves (management-api.md §1.4); no TLS to a server of our own, and
# nothing from PGOPTIONS. (PGTZ and PGDATESTYLE, which libpq sends too, cannot be kept out this way.)
_SESSION = {
    "application_name": "mgmt-api",
    "client_encoding": "UTF8",
    "sslmode": "disable",
    "gssencmode": "disable",
    "options": "",
}


def connect(conninfo: str, seconds: float, options: str = "") -> PGconn:
    """Return an open connection, or raise ``NoConnection`` after ``seconds`` at the latest.

    ``options`` are settings that the session starts with, as libpq takes them.
    """
    try:
        settings = {**_SESSION, "options": options, **conninfo_to_dict(conninfo)}
    except ProgrammingError as error:
        raise NoConnection(str(error)) from error
    try:
        connection = pq.PGconn.connect_start(make_conninfo("", **settings).encode())
    except OperationalError as error:
        raise NoConnection(str(error)) from error
    try:
        _finish_connecting(connection, time.monotonic() + seconds)
    except BaseException:
        connection.finish()
        raise
    connection.nonblocking = 1
    return connection


def _finish_connecting(connection: PGconn, deadline: float) -> None:
    """Poll ``connection`` until it is open. Raises ``NoConnection``."""
    while True:
        state = connection.connect_poll()
        if state == pq.PollingStatus.OK:
            return
        if state == pq.PollingStatus.FAILED:
            raise NoConnection(connection.get_error_message().strip())
        try:
            _wait(connection, deadline, writing=state == pq.PollingStatus.WRITING)
        except ReadTimeout as error:
            raise NoConnection("no connection in time") from error


def _wait(connection: PGconn, deadline: float, *, reading: bool = True, writing: bool = False) -> None:
    """Wait until the socket can be used. Raises ``ReadTimeout`` at ``deadline``, ``ConnectionLost``."""
    events = (selectors.EVENT_READ if reading else 0) | (selectors.EVENT_WRITE if writing else 0)
    with selectors.DefaultSelector() as selector:
        try:
            selector.register(connection.socket, events)
        except (OSError, ValueError) as error:
            raise ConnectionLost from error
        if not selector.select(max(deadline - time.monotonic(), 0)):
            raise ReadTimeout


@dataclass(slots=True)
class Columns:
    """Hold what is the same for all rows of one statement."""

    names: list[str]
    decoders: list[Decoder]
    template: dict[str, Json]

    @classmethod
    def of(cls, result: PGresult) -> "Columns":
        """Read names and types of ``result``; equal names share one place, as in a JavaScript object."""
        count = range(result.nfields)
        names = [(result.fname(index) or b"").decode("utf-8", "replace") for index in count]
        return cls(
            names, [decoder(result.ftype(index)) for index in count], javascript.ordered(dict.fromkeys(names))
        )

    def row(self, values: Sequence[bytes | None]) -> dict[str, Json]:
        """Return one row: the last of several columns of one name wins."""
        row = dict(self.template)
        for name, decode, value in zip(self.names, self.decoders, values, strict=True):
            row[name] = None if value is None else decode(value.decode("utf-8", "replace"))
        return row


@dataclass(slots=True)
class Call:
    """Carry one query over an open connection."""

    connection: PGconn
    sql: str
    result_limit: int
    deadline: float
    received: int = 0
    answer: list[dict[str, Json]] = field(default_factory=list)
    current: list[dict[str, Json]] = field(default_factory=list)
    columns: Columns | None = None

    def send(self, parameters: Sequence[Json]) -> None:
        """Hand the query to libpq and let rows come one by one."""
        # A superuser may do what is reworded for others, and what is his is to be his.
        as_it_is = parameters or self.connection.user == SUPERUSER.encode()
        text = encode_text(self.sql if as_it_is else reword(self.sql))
        values = [encode_parameter(parameter) for parameter in parameters]
        self._refuse_nul(text, values)
        if values:
            self.connection.send_query_params(text, values)
        else:
            self.connection.send_query(text)
        # Row by row, so that the size limit ends the call while later statements still run, as it does there.
        self.connection.set_single_row_mode()
        self._flush()

    def _refuse_nul(self, text: bytes, values: Sequence[bytes | None]) -> None:
        """Answer as the server does to a NUL, which libpq would silently take for the end of the text."""
        if b"\0" in text:
            reason = "insufficient data left in message" if values else "invalid message format"
            raise QueryRefused(WireError("ERROR", "08P01", reason), self.sql)
        for index, value in enumerate(values, start=1):
            if value is not None and b"\0" in value:
                message = 'invalid byte sequence for encoding "UTF8": 0x00'
                where = f"unnamed portal parameter ${index}"
                raise QueryRefused(WireError("ERROR", "22021", message, where=where), self.sql)

    def collect(self) -> list[dict[str, Json]]:
        """Return the rows of the last statement that had any. Raises a ``WireFailure`` at the first error."""
        while (result := self._next_result()) is not None:
            self._take(result)
        return self.answer

    def _take(self, result: PGresult) -> None:
        """Take in one row, the end of one statement, or an error."""
        match result.status:
            case ExecStatus.SINGLE_TUPLE:
                self._take_row(result)
            case ExecStatus.COPY_IN:
                # node-postgres' words (packages/pg/lib/query.js): they come back in the server's error.
                self.connection.put_copy_end(b"No source stream defined")
                self._flush()
            case ExecStatus.COPY_OUT:
                self._drain_copy()
            case ExecStatus.TUPLES_OK | ExecStatus.COMMAND_OK | ExecStatus.EMPTY_QUERY:
                self._end_statement()
            case _:
                raise self._failure(result)

    def _take_row(self, result: PGresult) -> None:
        """Decode one row and count its bytes as its DataRow message has them."""
        if self.columns is None:
            self.columns = Columns.of(result)
        values = [result.get_value(0, index) for index in range(result.nfields)]
        self.received += 6 + sum(4 + len(value or b"") for value in values)
        if self.received > self.result_limit:
            raise ResultTooLarge(self.received, self.result_limit)
        self.current.append(self.columns.row(values))

    def _end_statement(self) -> None:
        """Keep the rows of a statement that had any."""
        if self.current:
            self.answer = self.current
        self.current = []
        self.columns = None

    def _drain_copy(self) -> None:
        """Read what COPY TO STDOUT sends and drop it."""
        while True:
            length, _data = self.connection.get_copy_data(1)
            if length < 0:
                return
            if length == 0:
                self._read()

    def _flush(self) -> None:
        """Send what is buffered, reading meanwhile so that neither side waits for the other."""
        try:
            while self.connection.flush():
                _wait(self.connection, self.deadline, writing=True)
                self.connection.consume_input()
        except OperationalError:
            self._raise_last_words()

    def _read(self) -> None:
        """Wait for more from the server and take it in."""
        _wait(self.connection, self.deadline)
        try:
            self.connection.consume_input()
        except OperationalError:
            self._raise_last_words()

    def _next_result(self) -> PGresult | None:
        """Return the next result, or None at the end."""
        while self.connection.is_busy():
            self._read()
        return self.connection.get_result()

    def _raise_last_words(self) -> None:
        """Raise what the server said before the connection broke, or ``ConnectionLost``."""
        with suppress(OperationalError):
            while (result := self.connection.get_result()) is not None:
                self._take(result)
        raise ConnectionLost

    def _failure(self, result: PGresult) -> WireFailure:
        """Return the error of ``result``: without a SQLSTATE it is libpq's own, for a lost connection."""
        error = _read_error(result)
        return QueryRefused(error, self.sql) if error.sqlstate else ConnectionLost()


def _read_error(result: PGresult) -> WireError:
    """Return the fields of an ErrorResponse."""

    def text(which: DiagnosticField) -> str | None:
        value = result.error_field(which)
        return None if value is None else value.decode("utf-8", "replace")

    position = text(DiagnosticField.STATEMENT_POSITION)
    return WireError(
        severity=text(DiagnosticField.SEVERITY) or "",
        sqlstate=text(DiagnosticField.SQLSTATE) or "",
        message=text(DiagnosticField.MESSAGE_PRIMARY) or "",
        position=int(position) if position else None,
        detail=text(DiagnosticField.MESSAGE_DETAIL),
        hint=text(DiagnosticField.MESSAGE_HINT),
        internal_query=text(DiagnosticField.INTERNAL_QUERY),
        where=text(DiagnosticField.CONTEXT),
    )
