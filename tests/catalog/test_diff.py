"""A diff names what came, changed and went."""

from dataclasses import replace

from sbapply.catalog.diff import diff
from sbapply.catalog.model import Catalog, Column, Table

TABLE = Table("public", "t", "table", False, None, None, None, rls_enabled=False, rls_forced=False)
COLUMN = Column("public", "t", "a", "text", False, None, "", "", None, None)
CATALOG = Catalog(tables=(TABLE,), columns=(COLUMN,))


def test_equal_catalogs_have_no_difference() -> None:
    assert diff(CATALOG, CATALOG) == ()


def test_an_added_table_and_its_column_were_not_there() -> None:
    changes = diff(Catalog(), CATALOG)

    assert [(change.action, change.kind, change.table_was_there) for change in changes] == [
        ("added", "table", False),
        ("added", "column", False),
    ]


def test_a_column_added_to_a_table_knows_that_the_table_was_there() -> None:
    [change] = diff(Catalog(tables=(TABLE,)), CATALOG)

    assert (change.action, change.key, change.table_was_there) == ("added", ("public", "t", "a"), True)


def test_a_change_holds_both_sides() -> None:
    changed = replace(COLUMN, default="1")

    [change] = diff(CATALOG, replace(CATALOG, columns=(changed,)))

    assert (change.action, change.before, change.after) == ("changed", COLUMN, changed)
    assert change.to_json()["after"] == changed.to_json()


def test_a_rename_is_one_removed_and_one_added() -> None:
    changes = diff(CATALOG, replace(CATALOG, columns=(replace(COLUMN, name="b"),)))

    assert [(change.action, change.key[-1]) for change in changes] == [("added", "b"), ("removed", "a")]
