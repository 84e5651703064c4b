"""Everything a schema holds is read and rebuilt."""

from collections.abc import Callable

from sbapply.rehearse.server import Server
from tests.catalog.rebuilding import assert_same, rebuild


def test_a_table_is_rebuilt(engine_of: Callable[[int], Server]) -> None:
    assert_same(rebuild(engine_of(18), "create schema app; create table app.t (a int, b text);"))
