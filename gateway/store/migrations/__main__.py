"""``python -m gateway.store.migrations WHY`` writes the migration that a change of `store.schema` needs (for developers).

Read what it wrote: an index over an expression (as of remote_seen) it does not see, and that is added by hand; a new
append-only table needs its triggers (`guards.append_only`).
"""

import re
import sys
from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, create_engine

from gateway.store import migrations
from gateway.store.schema import Cents, Moment, metadata

_PLAIN_TYPES = {Cents: "sa.BigInteger()", Moment: "sa.String(27)"}
"""A migration says what the database keeps, so that it means the same when our types have changed."""


def source(connection: Connection, target: MetaData, *, why: str) -> str:
    """Return the migration that brings the database of *connection* to *target*."""

    def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
        return _PLAIN_TYPES.get(type(item), False) if kind == "type" else False

    options = {"compare_type": True, "render_as_batch": True, "render_item": render}
    context = MigrationContext.configure(connection, opts=options)
    with migrations.quiet_about_expressions():
        script = produce_migrations(context, target)
    if script.upgrade_ops is None or script.upgrade_ops.is_empty():
        raise SystemExit("the schema and the migrations agree: nothing to write")
    body = render_python_code(script.upgrade_ops, render_item=render, migration_context=context)
    before = migrations.revision_of(connection)
    return (
        f'"""{why}"""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\n'
        f'revision = "{int(before or 0) + 1:04}"\ndown_revision = {before!r}\nbranch_labels = None\ndepends_on = None\n\n\n'
        f"def upgrade() -> None:\n    {body}\n"
    )


def main(why: str) -> Path:
    """Write the next migration into `versions` and return its path; read it before you commit it."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        migrations.upgrade(connection)
        text = source(connection, metadata, why=why)
        number = int(migrations.revision_of(connection) or 0) + 1
    slug = re.sub(r"[^a-z0-9]+", "_", why.lower()).strip("_")[:40]
    path = Path(__file__).parent / "versions" / f"{number:04}_{slug}.py"
    path.write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{main(' '.join(sys.argv[1:]) or 'A change of the schema.')}\n")
