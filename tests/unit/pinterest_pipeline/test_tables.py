"""Names of tables in SQL, and what is asked of a workspace before its tables exist."""

from __future__ import annotations

from typing import cast

import pytest
from pyspark.sql import SparkSession

from pinterest_pipeline.tables import Tables


class Session:
    """Records the statements; `schemas` exist."""

    def __init__(self, *schemas: str) -> None:
        self.catalog = self
        self.statements: list[str] = []
        self._schemas = schemas

    def databaseExists(self, name: str) -> bool:  # noqa: N802  # pyspark's name
        return name in self._schemas

    def sql(self, statement: str) -> None:
        self.statements.append(statement)


def created(session: Session) -> list[str]:
    """Return the schemas that `Tables.create` creates."""
    Tables("my-company", "pins").create(cast("SparkSession", session))
    return [text for text in session.statements if text.startswith("CREATE SCHEMA")]


def test_an_existing_schema_is_not_created_because_that_needs_another_right() -> None:
    assert created(Session("`my-company`.`pins`")) == []


def test_a_missing_schema_is_created() -> None:
    assert created(Session()) == ["CREATE SCHEMA IF NOT EXISTS `my-company`.`pins`"]


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
