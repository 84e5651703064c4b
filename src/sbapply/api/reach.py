"""Try whether the Management API can be reached, how fast it is, and what its clock says."""

import time
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from sbapply.api.answers import message_of, read_object, refusal_of
from sbapply.api.client import ApiClient
from sbapply.api.models import Profile
from sbapply.errors import DatabaseError


@dataclass(frozen=True, slots=True)
class Reached:
    """Hold how one request was answered.

    ``ahead`` is by how many seconds the API's clock goes before ours, None where its answer has no date.
    ``refusal`` is what the answer means if it is none, ``profile`` whose token it is where that is told.
    """

    seconds: float
    ahead: float | None
    refusal: DatabaseError | None = None
    profile: Profile | None = None


def reach(client: ApiClient, *, timeout: float, as_somebody: bool) -> Reached:
    """Send one request, once, and return what came of it. Read-only.

    It asks whose token it is; a token that may not ask that (403) is one that is known all the same. Where there is
    none to ask with, not ``as_somebody``, 401 is the answer of an API. Raises ``DatabaseError`` where none came.
    """
    sent, started = time.time(), time.monotonic()
    answer = client.send("GET", "/v1/profile", timeout=timeout)
    seconds = time.monotonic() - started
    ahead = _ahead(answer.headers.get("date"), sent + seconds / 2)
    known = message_of(answer) is not None
    if known and answer.status == (403 if as_somebody else 401):
        return Reached(seconds, ahead)
    if answer.status not in (200, 201):
        return Reached(seconds, ahead, refusal_of(answer))
    try:
        return Reached(seconds, ahead, profile=Profile.read(read_object(answer)))
    except DatabaseError as error:
        return Reached(seconds, ahead, error)


def _ahead(date: str | None, ours: float) -> float | None:
    """Return by how much a Date header is before our clock; its second has half a second to go on average."""
    if not date:
        return None
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return None
    return told.replace(tzinfo=told.tzinfo or UTC).timestamp() + 0.5 - ours
