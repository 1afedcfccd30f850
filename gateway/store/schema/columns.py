"""What every table is made of: the naming of constraints, money and moments as columns, ids and references."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, ForeignKey, MetaData, String, TypeDecorator

from gateway.model.money import is_cents

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

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Return the cents of *value*."""
        if value is None:
            return None
        if not is_cents(value):
            raise ValueError("an amount of money has a fraction of a cent")
        return int(value.scaleb(2))

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Return the Decimal of *value* cents."""
        return None if value is None else Decimal(value).scaleb(-2)


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment, kept as ISO text with microseconds and ``Z`` so that both databases sort it alike."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the ISO text of *value*."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment."""
        return None if value is None else datetime.fromisoformat(value)


def own_id(name: str = "id") -> Column[Any]:
    """Return the primary key: one of our opaque ids."""
    return Column(name, String(12), primary_key=True)


def reference(name: str, target: str, *, null: bool = False, index: bool = True) -> Column[Any]:
    """Return a column that holds the id of a row of *target* (``table.id``)."""
    return Column(name, String(12), ForeignKey(target), nullable=null, index=index)
