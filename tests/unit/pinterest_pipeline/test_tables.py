"""Names of tables in SQL, and what is asked of a workspace before its tables exist."""

from __future__ import annotations

from typing import NamedTuple, Self, cast

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from pinterest_pipeline.tables import Tables


class Table(NamedTuple):
    """A row of `SHOW TABLES`."""

    tableName: str  # noqa: N815  # Spark's name
    isTemporary: bool = False  # noqa: N815  # Spark's name


class Session:
    """Records the statements; the tables of `schemas` exist."""

    def __init__(self, **schemas: list[Table]) -> None:
        self.catalog = self
        self.statements: list[str] = []
        self._schemas = {f"`my-company`.`{name}`": tables for name, tables in schemas.items()}
        self._asked = ""

    def databaseExists(self, name: str) -> bool:  # noqa: N802  # pyspark's name
        return name in self._schemas

    def sql(self, statement: str) -> Self:
        self.statements.append(statement)
        self._asked = statement.removeprefix("SHOW TABLES IN ")
        return self

    def collect(self) -> list[Table]:
        if self._asked not in self._schemas:
            raise AnalysisException("no such schema")
        return self._schemas[self._asked]


def created(session: Session) -> list[str]:
    """Return what `Tables.create` creates: the first words of the statement."""
    Tables("my-company", "pins").create(cast("SparkSession", session))
    return [text.partition(" (")[0] for text in session.statements if text.startswith("CREATE")]


_ALL = [Table(name) for name in ("pin", "geo", "user", "rejected", "loads")]
_CREATE = "CREATE TABLE IF NOT EXISTS `my-company`.`pins`."


def test_tables_that_exist_take_one_statement() -> None:
    session = Session(pins=[*_ALL, Table("answer")])
    assert created(session) == []
    assert session.statements == ["SHOW TABLES IN `my-company`.`pins`"]


def test_only_missing_tables_are_created() -> None:
    assert created(Session(pins=[*_ALL[:2], *_ALL[3:], Table("user", isTemporary=True)])) == [
        f"{_CREATE}`user`"
    ]


def test_an_existing_schema_is_not_created_because_that_needs_another_right() -> None:
    statements = created(Session(pins=[]))
    assert [text for text in statements if "SCHEMA" in text] == []
    assert len(statements) == len(_ALL)


def test_a_missing_schema_is_created() -> None:
    statements = created(Session())
    assert statements[:2] == [
        "CREATE SCHEMA IF NOT EXISTS `my-company`.`pins`",
        f"{_CREATE}`pin`",
    ]
    assert len(statements) == 1 + len(_ALL)


@pytest.mark.parametrize(
    ("catalog", "name"),
    [
        ("main", "`main`.`pins`.`user`"),
        ("my-company", "`my-company`.`pins`.`user`"),
        ("a`b", "`a``b`.`pins`.`user`"),
    ],
)
def test_a_name_is_quoted_in_three_parts(catalog: str, name: str) -> None:
    assert Tables(catalog, "pins").name("user") == name
