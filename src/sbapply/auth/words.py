"""Tell an access token from what people give instead of one, and say so without repeating it."""

import binascii
import json
import re
from base64 import urlsafe_b64decode

from sbapply.errors import TokenMalformed

TOKENS_PAGE = "https://supabase.com/dashboard/account/tokens"
_MAKE_ONE = f"Make a personal access token at {TOKENS_PAGE}; it is one word that begins with sbp_."
# What the dashboard issues: classic, OAuth and scoped tokens (management-api.md §2.1). Another length is let
# through, because the official CLI's strict pattern refused the scoped tokens when they came (supabase/cli#6348).
_USUAL = re.compile(r"sbp_(oauth_|v0_)?[0-9a-f]{40}")
_DATABASE_URL = re.compile(r"(?i)(jdbc:)?postgres(ql)?:")


def check_word(text: str, source: str) -> str:
    """Return ``text`` without the blanks around it, unless it certainly is no access token.

    ``source`` says where it stood, for the sentence. What no header can hold is refused as well: the HTTP library
    would quote the whole header in its complaint. Raises ``TokenMalformed``.
    """
    word = text.strip().removeprefix("\ufeff")
    instead = _instead(word)
    if instead is not None:
        what, next_step = instead
        raise TokenMalformed(f"What {source} holds is {what}, not an access token.", next_step)
    if not (word.isascii() and word.isprintable()) or " " in word:
        raise TokenMalformed(
            f"What {source} holds is no access token: it has a blank, a control or a non-ASCII character in it.",
            "Copy the token once more; it is one word that begins with sbp_.",
        )
    return word


def check_new_word(text: str, source: str) -> str:
    """Return ``text`` as ``check_word`` does, if it also begins as tokens do: what is stored is to last.

    Raises ``TokenMalformed``.
    """
    if not text.strip().removeprefix("\ufeff"):
        raise TokenMalformed(f"What {source} holds is empty; nothing was stored.", _MAKE_ONE)
    word = check_word(text, source)
    if not word.startswith("sbp_"):
        raise TokenMalformed(
            f"What {source} holds does not begin with sbp_, as access tokens do; nothing was stored.", _MAKE_ONE
        )
    if word == "sbp_":
        raise TokenMalformed(f"What {source} holds ends after sbp_; nothing was stored.", _MAKE_ONE)
    return word


def is_unusual(word: str) -> bool:
    """Tell whether a token has another shape than those seen so far, as one that was cut off has."""
    return _USUAL.fullmatch(word) is None


def _instead(word: str) -> tuple[str, str] | None:
    """Return what a word is instead of a token, with the next step, where that is certain."""
    if word.startswith("eyJ"):
        return _jwt(word)
    if word.startswith("sb_secret_"):
        return "a project's secret API key (sb_secret_…)", f"It opens one project's data to an app. {_MAKE_ONE}"
    if word.startswith("sb_publishable_"):
        return "a project's publishable API key (sb_publishable_…)", f"It is meant for browsers. {_MAKE_ONE}"
    if _DATABASE_URL.match(word):
        return "a database's address", f"sbapply needs no database password. {_MAKE_ONE}"
    if word.startswith(("http://", "https://")):
        return "a web address", _MAKE_ONE
    if word[:7].lower() == "bearer ":
        return "a whole Authorization header", "Leave out the word Bearer and give the token alone."
    if word.startswith("SUPABASE_ACCESS_TOKEN="):
        return "a line of a settings file", "Give what stands behind the = alone."
    if word[:1] in ("'", '"') and word[1:5] == "sbp_":
        return "a word in quotes", "Give it without the quotes."
    return None


def _jwt(word: str) -> tuple[str, str]:
    """Return what a JWT is, by the role it claims; nothing of it is checked or believed."""
    match _role(word):
        case "anon":
            return "a project's anon key (a JWT)", f"It is a project's public API key, for browsers. {_MAKE_ONE}"
        case "service_role":
            return (
                "a project's service_role key (a JWT)",
                f"It opens one project's data past row level security; keep it secret. {_MAKE_ONE}",
            )
        case "authenticated":
            return "the session of a signed-in user (a JWT)", f"It ends within hours. {_MAKE_ONE}"
        case _:
            return "a JWT", _MAKE_ONE


def _role(word: str) -> str | None:
    payload = word.partition(".")[2].partition(".")[0]
    try:
        decoded = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    role = decoded.get("role") if isinstance(decoded, dict) else None
    return role if isinstance(role, str) else None
