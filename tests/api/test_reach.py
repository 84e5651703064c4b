"""Reaching the API: one request tells how long it takes, what time it is there, and what a token is worth."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from sbapply.api.client import ApiClient
from sbapply.api.reach import Reached, reach
from sbapply.auth.token import Token
from sbapply.errors import OutcomeUnknown, Unauthorised, Unreachable

PROFILE = {"gotrue_id": "1", "primary_email": "a@b.example", "username": "a"}


def reached(response: httpx.Response, *, as_somebody: bool = True) -> tuple[Reached, httpx.Request]:
    sent = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return response

    token = Token("sbp_" + "ab" * 20, "a test") if as_somebody else None
    with ApiClient(token, transport=httpx.MockTransport(answer)) as client:
        found = reach(client, timeout=5, as_somebody=as_somebody)
    (request,) = sent
    return found, request


def test_it_tells_whose_the_token_is() -> None:
    found, request = reached(httpx.Response(200, json=PROFILE))
    assert (found.refusal, found.profile and found.profile.primary_email) == (None, "a@b.example")
    assert "authorization" in request.headers


def test_a_token_that_may_not_ask_whose_it_is_is_known_all_the_same() -> None:
    found, _ = reached(httpx.Response(403, json={"message": "no"}))
    assert (found.refusal, found.profile) == (None, None)


def test_without_a_token_none_is_sent_and_401_is_the_answer_of_an_api() -> None:
    found, request = reached(httpx.Response(401, json={"message": "Unauthorized"}), as_somebody=False)
    assert found.refusal is None
    assert "authorization" not in request.headers


@pytest.mark.parametrize("as_somebody", [True, False])
def test_an_answer_of_something_in_between_is_no_api(as_somebody: bool) -> None:
    status = 403 if as_somebody else 401
    found, _ = reached(httpx.Response(status, html="<p>Sign in</p>"), as_somebody=as_somebody)
    assert isinstance(found.refusal, OutcomeUnknown)


def test_a_token_that_is_refused_is_told() -> None:
    found, _ = reached(httpx.Response(401, json={"message": "JWT could not be decoded"}))
    assert isinstance(found.refusal, Unauthorised)


@pytest.mark.parametrize("minutes", [0, 7, -7])
def test_the_api_s_clock_is_told_by_its_date(minutes: int) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
    found, _ = reached(httpx.Response(200, json=PROFILE, headers={"date": date}))
    assert found.ahead == pytest.approx(60 * minutes, abs=2)


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
def test_without_a_date_nothing_is_said_of_a_clock(headers: dict[str, str]) -> None:
    found, _ = reached(httpx.Response(200, json=PROFILE, headers=headers))
    assert found.ahead is None


def test_where_there_is_no_connection_that_is_raised_after_one_attempt() -> None:
    attempts = []

    def refuse(request: httpx.Request) -> httpx.Response:
        attempts.append(request)
        raise httpx.ConnectError("refused")

    started = time.monotonic()
    with ApiClient(None, transport=httpx.MockTransport(refuse)) as client, pytest.raises(Unreachable):
        reach(client, timeout=5, as_somebody=False)
    assert len(attempts) == 1
    assert time.monotonic() - started < 4
