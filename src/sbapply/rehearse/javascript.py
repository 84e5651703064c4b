"""Say values the way JavaScript does, because the SQL endpoint's server is a Node program.

What Postgres answers goes there through ``Number``, ``JSON.parse`` and ``JSON.stringify``; each loses or moves
something (ECMA-262: Number::toString, OrdinaryOwnPropertyKeys, SerializeJSONProperty). Held against Node by
``tests/conformance/test_sandbox_against_postgres_meta.py``.
"""

import json
import math
from collections.abc import Mapping
from decimal import Decimal

from sbapply.database import Json

_MAX_SAFE_INTEGER = 2**53 - 1
_MAX_ARRAY_INDEX = 2**32 - 2
_INTEGERS_END = 1e21


def number(text: str) -> int | float | None:
    """Return what ``JSON.stringify(Number(text))`` holds: an int where JavaScript prints no point or exponent.

    The value went through a double, so 12345678901234567890 becomes 12345678901234567000; NaN and the
    infinities become None.
    """
    value = float(text)
    if not math.isfinite(value):
        return None
    if value.is_integer() and abs(value) < _INTEGERS_END:
        # repr gives the shortest digits that read back as the same double, as Number::toString does.
        return int(Decimal(repr(value)))
    return value


def safe_integer(text: str) -> int | str:
    """Return ``text`` as an int if ``Number.isSafeInteger`` says so, else as it is."""
    value = int(text)
    return value if abs(value) <= _MAX_SAFE_INTEGER else text


def number_text(value: float) -> str:
    """Return a finite number as ``Number::toString`` prints it: 1e-7, 1e+21, 0.000001."""
    if isinstance(value, int):
        return str(value)
    sign, digits_tuple, exponent = Decimal(repr(value)).as_tuple()
    digits = "".join(map(str, digits_tuple)).lstrip("0")
    point = len(digits) + int(exponent)
    digits = digits.rstrip("0") or "0"
    return ("-" if sign else "") + _place_point(digits, point)


def _place_point(digits: str, point: int) -> str:
    """Return ``digits`` with the decimal point before index ``point``, as exponent where JavaScript has it."""
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"


def ordered(members: Mapping[str, Json]) -> dict[str, Json]:
    """Return ``members`` in the order of a JavaScript object: array indices ascending, then the rest as given."""
    indices = sorted((key for key in members if _is_array_index(key)), key=int)
    if not indices:
        return dict(members)
    first = {key: members[key] for key in indices}
    return first | {key: value for key, value in members.items() if key not in first}


def _is_array_index(key: str) -> bool:
    """Tell whether ``key`` is a canonical array index: 0 to 4294967294 without sign or leading zero."""
    if len(key) > 10 or not (key.isascii() and key.isdigit()):
        return False
    return (key == "0" or key[0] != "0") and int(key) <= _MAX_ARRAY_INDEX


def parse(text: str) -> Json:
    """Return ``JSON.parse(text)``: numbers through a double, keys in JavaScript's order. Raises ValueError."""
    value: Json = json.loads(text, parse_int=number, parse_float=number, object_hook=ordered)
    return value


def stringify(value: Json) -> str:
    r"""Return ``JSON.stringify(value)``: no spaces, no ASCII escapes but ``\udXXX`` for a lone surrogate."""
    return _serialise(value).encode("utf-8", "backslashreplace").decode("utf-8")


def _serialise(value: Json) -> str:
    """Return one value as JSON; lone surrogates are left in."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, list):
        return "[" + ",".join(map(_serialise, value)) + "]"
    members = (f"{json.dumps(key, ensure_ascii=False)}:{_serialise(member)}" for key, member in value.items())
    return "{" + ",".join(members) + "}"


def utf16_length(text: str) -> int:
    """Return ``text.length``: characters beyond the basic plane count twice."""
    return len(text) + sum(character > "\uffff" for character in text)
