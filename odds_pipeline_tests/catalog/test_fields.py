import pytest

from odds_pipeline.catalog.fields import FIELDS, MEANINGS, TABLES, FieldType, describe
from odds_pipeline.errors import NotFound


@pytest.mark.parametrize("table", TABLES)
def test_a_table_describes_each_of_its_columns_once(table: str) -> None:
    fields = describe(table)
    assert tuple(field.name for field in fields) == TABLES[table]
    assert len(set(TABLES[table])) == len(fields)


def test_each_table_says_what_it_is() -> None:
    assert tuple(MEANINGS) == tuple(TABLES)
    assert all(meaning.endswith(".") for meaning in MEANINGS.values())


def test_no_field_is_orphaned_or_unexplained() -> None:
    used = {name for names in TABLES.values() for name in names}
    assert used == set(FIELDS)
    for field in (field for table in TABLES for field in describe(table)):
        assert field.meaning.endswith(".")
        assert not field.enum or field.type is FieldType.TEXT


def test_a_name_may_mean_another_thing_in_one_table() -> None:
    price = {
        table: next(f for f in describe(table) if f.name == "price") for table in ("odds", "quotes")
    }
    assert (price["odds"].type, price["odds"].nullable) == (FieldType.INTEGER, True)
    assert (price["quotes"].type, price["quotes"].minimum) == (FieldType.NUMBER, 1)


def test_an_unknown_table_is_named_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="no table 'bets' is described; choose from events"):
        describe("bets")
