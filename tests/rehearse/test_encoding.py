"""Check the JSON that values become, against what Node prints."""

import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbapply.database import Json
from sbapply.rehearse import javascript
from sbapply.rehearse.encoding import decode_array, decoder, encode_parameter, encode_text


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("1.0", "1"),
        ("-0", "0"),
        ("1e20", "100000000000000000000"),
        ("1e21", "1e+21"),
        ("123456789012345683968", "123456789012345680000"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1e-7"),
        ("1.25e-9", "1.25e-9"),
        ("-1.5e300", "-1.5e+300"),
        ("1e400", "null"),
    ],
)
def test_numbers_in_json_print_as_javascript_prints_them(value: str, printed: str) -> None:
    assert javascript.stringify(javascript.parse(value)) == printed


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_survives_being_printed(value: float) -> None:
    printed = javascript.stringify(value)
    assert float(printed) == value
    assert re.fullmatch(r"-?\d+(\.\d+)?(e[+-]\d+)?", printed)


SCALARS = st.none() | st.booleans() | st.text()


@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20))
def test_what_is_printed_reads_back_the_same(value: Json) -> None:
    assert json.loads(javascript.stringify(value)) == value


def test_keys_that_look_like_indices_come_first_in_order() -> None:
    assert javascript.stringify(javascript.parse('{"b":1,"10":2,"9":3,"01":4,"a":{"1":0,"0":0}}')) == (
        '{"9":3,"10":2,"b":1,"01":4,"a":{"0":0,"1":0}}'
    )


def test_a_lone_surrogate_is_escaped_in_json_and_replaced_in_sql() -> None:
    assert javascript.stringify("a\ud83db") == '"a\\ud83db"'
    assert encode_text("a\ud83db") == "a\ufffdb".encode()


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("{}", []),
        ("{1,NULL,3}", ["1", None, "3"]),
        ('{"NULL","a\\"b","c\\\\d",""," x "}', ["NULL", 'a"b', "c\\d", "", " x "]),
        ("{{a,b},{c,d}}", [["a", "b"], ["c", "d"]]),
        ("[0:1][2:2]={{a},{b}}", [["a"], ["b"]]),
        ('{"{x}","a,b","line\nend"}', ["{x}", "a,b", "line\nend"]),
    ],
)
def test_arrays_become_lists(literal: str, value: Json) -> None:
    assert decode_array(literal) == value


def test_int8_is_a_number_only_while_it_is_safe() -> None:
    assert decoder(20)("9007199254740991") == 9007199254740991
    assert decoder(20)("9007199254740992") == "9007199254740992"


def test_a_type_without_a_parser_keeps_its_text() -> None:
    assert decoder(1003)("{a,b}") == "{a,b}"
    assert decoder(99999)("(1,x)") == "(1,x)"


def test_what_is_not_finite_is_null() -> None:
    assert [decoder(701)(text) for text in ("NaN", "Infinity", "-Infinity")] == [None, None, None]
    assert decoder(1231)("{1.10,NaN}") == [1.1, None]


def test_parameters_are_converted_as_node_postgres_does() -> None:
    assert encode_parameter(None) is None
    assert encode_parameter(True) == b"true"
    assert encode_parameter(12345678901234567890) == b"12345678901234567000"
    assert encode_parameter(1e-7) == b"1e-7"
    assert encode_parameter(["a", None, [True, 'q"\\'], {"x": 1}]) == (
        b'{"a",NULL,{"true","q\\"\\\\"},"{\\"x\\":1}"}'
    )
    assert encode_parameter({"2": -0.0, "1": math.pi}) == b'{"1":3.141592653589793,"2":0}'
