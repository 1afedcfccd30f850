"""What every table is made of: the naming of constraints, money and moments as columns, ids and references."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Dialect, ForeignKey, MetaData, String, TypeDecorator

from gateway.model.money import CENT, is_cents

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    },
)


class Cents(TypeDecorator[Decimal]):
    """Money as whole cents in the database and Decimal outside; a fraction of a cent is refused."""

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Decimal | None], int | None]:  # noqa: ARG002
        """Return what makes whole cents of an amount."""
        return _cents

    def result_processor(
        self,
        dialect: Dialect,  # noqa: ARG002
        coltype: object,  # noqa: ARG002
    ) -> Callable[[int | None], Decimal | None]:
        """Return what makes an amount of whole cents."""
        return _amount


def _cents(value: Decimal | None) -> int | None:
    if value is None:
        return None
    if not is_cents(value):
        raise ValueError("an amount of money has a fraction of a cent")
    return int(value.scaleb(2))


def _amount(value: int | None) -> Decimal | None:
    return None if value is None else CENT * value


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment, kept as ISO text with microseconds and ``Z`` so that both databases sort it alike."""

    impl = String(27)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], str | None]:  # noqa: ARG002
        """Return what writes a moment."""
        return _iso_text

    def result_processor(
        self,
        dialect: Dialect,  # noqa: ARG002
        coltype: object,  # noqa: ARG002
    ) -> Callable[[str | None], datetime | None]:
        """Return what reads a moment."""
        return _moment


def _iso_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def own_id(name: str = "id") -> Column[Any]:
    """Return the primary key: one of our opaque ids."""
    return Column(name, String(12), primary_key=True)


def reference(name: str, target: str, *, null: bool = False, index: bool = True) -> Column[Any]:
    """Return a column that holds the id of a row of *target* (``table.id``)."""
    return Column(name, String(12), ForeignKey(target), nullable=null, index=index)


def unindexed(column: Column[Any]) -> ColumnElement[Any]:
    """Return *column*, a text, for a condition that very many rows meet, so that no index of it is used.

    Without statistics SQLite takes one index to be as good as another, and of ``claim IN (...) AND state = 'posted'``
    would read everything that was ever posted.
    """
    return column.concat("")
