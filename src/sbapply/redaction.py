"""Hide secrets in text: the one filter that everything passes on its way out."""

import re
from collections.abc import Callable

from sbapply.database import Json

HIDDEN = "[hidden]"
_SHORTEST = 8

_PATTERNS = (
    # Personal access tokens of every kind (sbp_…, sbp_oauth_…, sbp_v0_…) and the secret API keys of projects.
    (re.compile(r"\b(sbp_|sb_secret_)[A-Za-z0-9_-]{8,}"), rf"\1{HIDDEN}"),
    # JSON web tokens: the anon and service_role keys are such.
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"), HIDDEN),
    # The password of a connection string; it may hold an @ that nobody encoded.
    (re.compile(r"(\bpostgres(?:ql)?://[^\s:/@]*:)[^\s]*(?=@)"), rf"\1{HIDDEN}"),
    (re.compile(r"(\bBearer )[^\s\"']+", re.IGNORECASE), rf"\1{HIDDEN}"),
)

_known: set[str] = set()


def hide(secret: str) -> None:
    """Remember ``secret`` so that ``redact`` hides it wherever it stands in the process' output."""
    if len(secret) >= _SHORTEST:
        _known.add(secret)


def redact_known(text: str) -> str:
    """Return ``text`` without the secrets that this process was given."""
    for secret in _known:
        text = text.replace(secret, HIDDEN)
    return text


def redact(text: str) -> str:
    """Return ``text`` without the secrets that this process was given, nor anything that looks like one."""
    text = redact_known(text)
    for pattern, hidden in _PATTERNS:
        text = pattern.sub(hidden, text)
    return text


def redact_values(value: Json, hidden: Callable[[str], str] = redact) -> Json:
    """Return a JSON value with every string in it, keys too, passed through ``hidden``.

    What is serialised is filtered before, never after: a pattern that ran over the quotes and backslashes of JSON
    would break the document.
    """
    if isinstance(value, str):
        return hidden(value)
    if isinstance(value, list):
        return [redact_values(each, hidden) for each in value]
    if isinstance(value, dict):
        return {hidden(name): redact_values(each, hidden) for name, each in value.items()}
    return value
