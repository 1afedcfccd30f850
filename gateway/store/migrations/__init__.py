"""Bringing a database to the schema of this version, from the installed package, without any file beside it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, select, table
from sqlalchemy import column as sql_column

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = max(path.name[:4] for path in Path(__file__).with_name("versions").glob("[0-9][0-9][0-9][0-9]_*.py"))
"""The newest revision: a migration's file name begins with its number, so that Alembic is loaded only to migrate."""

_version = table("alembic_version", sql_column("version_num"))


def revision_of(connection: Connection) -> str | None:
    """Return the revision the database is at, None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(select(_version.c.version_num)).scalar()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to *revision* inside the caller's transaction: all of them or none."""
    from alembic import command

    command.upgrade(_config(connection), revision)


def known(revision: str) -> bool:
    """Tell whether *revision* is one that this version has."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config(None))
    return any(script.revision == revision for script in scripts.walk_revisions())


def differences(connection: Connection) -> list[str]:
    """Say in what the database differs from the tables in `store.schema`: nothing, unless a migration is missing."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from gateway.store.schema import metadata

    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    with quiet_about_expressions():
        return [repr(item) for item in compare_metadata(context, metadata)]


@contextmanager
def quiet_about_expressions() -> Iterator[None]:
    """SQLite does not show what an index over an expression is made of (PostgreSQL does): no warning about that."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*expression-based index")
        yield


def _config(connection: Connection | None) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "gateway.store:migrations")
    config.attributes["connection"] = connection
    return config
