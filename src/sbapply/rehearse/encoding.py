"""Turn Postgres' text into the endpoint's JSON and JSON parameters into Postgres' text.

Follows ``@supabase/postgres-meta`` 0.99: its overrides in ``src/lib/db.ts`` over pg-types 2.2
(``lib/textParsers.js``), and node-postgres' ``prepareValue`` (``packages/pg/lib/utils.js``). A type that has no
parser there keeps its text, as do all types made by users (enums, domains over other types, composites).
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from sbapply.database import Json
from sbapply.rehearse import javascript

Decoder: TypeAlias = "Callable[[str], Json]"

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_BYTEA_ESCAPE = re.compile(r"\\([0-7]{3})|\\\\")
_TRUE_WORDS = frozenset({"TRUE", "t", "true", "y", "yes", "on", "1"})

_INTERVAL = re.compile(
    r"(?:([+-]?\d+)\s+years?)?\s*(?:([+-]?\d+)\s+mons?)?\s*(?:([+-]?\d+)\s+days?)?\s*"
    r"(?:([+-])?(\d*):(\d\d):(\d\d)\.?(\d{1,6})?)?",
    re.ASCII,
)


def decoder(oid: int) -> Decoder:
    """Return what turns the text of a value of type ``oid`` into the endpoint's JSON value."""
    return _DECODERS.get(oid, str)


def decode_array(text: str, element: Decoder = str) -> Json:
    """Return an array literal of the server as nested lists, each element through ``element``, NULL as None.

    Bounds (``[2:3]={…}``) are dropped, as postgres-array does it.
    """
    position = text.index("{") + 1
    root: list[Json] = []
    levels = [root]
    while levels:
        character = text[position]
        if character == "{":
            deeper: list[Json] = []
            levels[-1].append(deeper)
            levels.append(deeper)
            position += 1
        elif character == "}":
            levels.pop()
            position += 1
        elif character == ",":
            position += 1
        else:
            entry, position = _read_entry(text, position, element)
            levels[-1].append(entry)
    return root


_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r"[^,}]+")
_BACKSLASHED = re.compile(r"\\(.)", re.DOTALL)


def _read_entry(text: str, position: int, element: Decoder) -> tuple[Json, int]:
    """Return the element that begins at ``position`` and the position after it."""
    quoted = _QUOTED.match(text, position)
    if quoted:
        return element(_BACKSLASHED.sub(r"\1", quoted[1])), quoted.end()
    bare = _BARE.match(text, position)
    if bare is None:
        raise ValueError("an array literal of the server holds an empty element")
    return (None if bare[0] == "NULL" else element(bare[0])), bare.end()


def _array_of(element: Decoder = str) -> Decoder:
    """Return the decoder of arrays whose elements go through ``element``."""
    return lambda text: decode_array(text, element)


def _boolean(text: str) -> Json:
    """Return a boolean from any of the words that pg-types takes for true."""
    return text in _TRUE_WORDS


def _bytea(text: str) -> Json:
    """Return bytes as ``JSON.stringify`` prints a Node Buffer, from the hex or the escape format."""
    if text.startswith("\\x"):
        data = bytes.fromhex(text[2:])
    else:
        data = _BYTEA_ESCAPE.sub(lambda match: chr(int(match[1], 8)) if match[1] else "\\", text).encode("latin-1")
    return {"type": "Buffer", "data": list(data)}


def _circle(text: str) -> Json:
    """Return ``<(x,y),r>`` as an object of three numbers."""
    x, y, radius = re.sub("[<>()]", "", text).split(",")
    return {"x": javascript.number(x), "y": javascript.number(y), "radius": javascript.number(radius)}


def _interval(text: str) -> Json:
    """Return an element of interval[] as postgres-interval prints it: the parts that are not zero.

    Only the array goes through postgres-interval; a plain interval keeps its text.
    """
    match = _INTERVAL.match(text)
    if match is None:
        raise AssertionError("every part of the pattern is optional")
    years, months, days, sign, hours, minutes, seconds, fraction = match.groups()
    direction = -1 if sign == "-" else 1
    parts: dict[str, Json] = {
        "years": int(years or 0),
        "months": int(months or 0),
        "days": int(days or 0),
        "hours": direction * int(hours or 0),
        "minutes": direction * int(minutes or 0),
        "seconds": direction * int(seconds or 0),
        "milliseconds": javascript.number(str(direction * int((fraction or "").ljust(6, "0")) / 1000)),
    }
    return {name: value for name, value in parts.items() if value}


_TEXT_ARRAYS = (
    651,  # cidr[]
    791,  # money[]
    1008,  # regproc[]
    1009,  # text[]
    1014,  # bpchar[]
    1015,  # varchar[]
    1016,  # int8[]
    1040,  # macaddr[]
    1041,  # inet[]
    1115,  # timestamp[]
    1182,  # date[]
    1183,  # time[]
    1185,  # timestamptz[]
    1270,  # timetz[]
    2951,  # uuid[]
    3907,  # numrange[]
)

_DECODERS: dict[int, Decoder] = {
    16: _boolean,
    17: _bytea,
    20: javascript.safe_integer,  # int8
    21: javascript.number,  # int2
    23: javascript.number,  # int4
    26: javascript.number,  # oid
    114: javascript.parse,  # json
    199: _array_of(javascript.parse),  # json[]
    700: javascript.number,  # float4
    701: javascript.number,  # float8
    718: _circle,
    1000: _array_of(_boolean),
    1001: _array_of(_bytea),
    1005: _array_of(javascript.number),  # int2[]
    1007: _array_of(javascript.number),  # int4[]
    1021: _array_of(javascript.number),  # float4[]
    1022: _array_of(javascript.number),  # float8[]
    1028: _array_of(javascript.number),  # oid[]
    1187: _array_of(_interval),
    1231: _array_of(javascript.number),  # numeric[]: a plain numeric keeps its text
    3802: javascript.parse,  # jsonb
    3807: _array_of(javascript.parse),  # jsonb[]
} | dict.fromkeys(_TEXT_ARRAYS, decode_array)


def encode_text(text: str) -> bytes:
    """Return UTF-8 as Node's Buffer writes it: a lone surrogate becomes U+FFFD."""
    return _LONE_SURROGATE.sub("\ufffd", text).encode("utf-8")


def encode_parameter(value: Json) -> bytes | None:
    """Return a JSON value as node-postgres sends it as a parameter: text, or None for NULL."""
    # Once through JSON.parse, as the body of a request goes: big integers lose digits, keys change places.
    text = _parameter_text(javascript.parse(json.dumps(value)))
    return None if text is None else encode_text(text)


def _parameter_text(value: Json) -> str | None:
    """Return what ``prepareValue`` makes of a value that came from JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list):
        return _array_literal(value)
    # For booleans and numbers toString and JSON.stringify print the same.
    return javascript.stringify(value)


def _array_literal(values: Sequence[Json]) -> str:
    """Return what node-postgres' ``arrayString`` makes of a list: every element quoted, NULL bare."""
    elements = (
        _array_literal(value) if isinstance(value, list) else _array_element(_parameter_text(value))
        for value in values
    )
    return "{" + ",".join(elements) + "}"


def _array_element(text: str | None) -> str:
    """Return one element of an array literal."""
    if text is None:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
