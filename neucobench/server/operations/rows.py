"""The rows of every table as text, read and written without the tables' classes.

The tables are taken from the database itself, so that the rows of an older version can
be read and written, too, and those of SQLite go into PostgreSQL and back.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import JSON, Connection, DateTime, MetaData, Table, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from neucobench.errors import InputError

_VERSIONS = "alembic_version"
_BATCH = 500


def stored_tables(connection: Connection) -> list[Table]:
    """Return the tables of a database, those that others point to first."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != _VERSIONS]


def read_rows(connection: Connection, table: Table) -> Iterator[str]:
    """Yield the rows of a table as JSON objects, one line each, by primary key."""
    query = select(table).order_by(*table.primary_key.columns)
    options = {"stream_results": True, "yield_per": _BATCH}
    for row in connection.execution_options(**options).execute(query).mappings():
        content = {name: _as_json(value) for name, value in row.items()}
        yield json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"


def write_rows(connection: Connection, table: Table, lines: Iterable[str]) -> int:
    """Write rows into an empty table and return how many they were.

    Raises:
        InputError: when a row does not fit the table.
    """
    count = 0
    source = iter(lines)
    while batch := list(islice(source, _BATCH)):
        try:
            rows = [_from_json(table, json.loads(line)) for line in batch]
            connection.execute(table.insert(), rows)
        except (ValueError, TypeError, AttributeError, SQLAlchemyError) as error:
            raise InputError(
                f"A row of the table {table.name!r} in the backup does not fit "
                f"({type(error).__name__}); the backup is damaged, or was changed. "
                "Take another one."
            ) from error
        count += len(batch)
    _continue_numbers(connection, table)
    return count


def _as_json(value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    # SQLite has no time zones; what is stored there is in UTC.
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat()


def _from_json(table: Table, content: dict[str, Any]) -> dict[str, Any]:
    unknown = content.keys() - table.columns.keys()
    if unknown:
        raise ValueError(f"unknown columns {sorted(unknown)}")
    return {name: _value(table, name, value) for name, value in content.items()}


def _value(table: Table, name: str, value: Any) -> Any:
    kind = table.columns[name].type
    if value is None or isinstance(kind, JSON) or not isinstance(kind, DateTime):
        return value
    moment = datetime.fromisoformat(value).astimezone(UTC)
    return moment if kind.timezone else moment.replace(tzinfo=None)


def _continue_numbers(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number the next row after the largest number that was written."""
    keys = list(table.primary_key.columns)
    if connection.dialect.name != "postgresql" or len(keys) != 1:
        return
    sequence = connection.scalar(
        select(func.pg_get_serial_sequence(table.name, keys[0].name))
    )
    largest = connection.scalar(select(func.max(keys[0])))
    if sequence is not None and largest is not None:
        connection.execute(
            text("SELECT setval(:sequence, :largest)"),
            {"sequence": sequence, "largest": largest},
        )
