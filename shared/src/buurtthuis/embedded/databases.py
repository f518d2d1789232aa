"""A database and two roles for each service: one role owns the tables, the other works with them."""

import re

import asyncpg

from buurtthuis.embedded.server import EmbeddedError

ROLE = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION"


async def create_database(admin: str, service: str) -> None:
    """Create what is missing of the service's roles and database."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,50}", service):
        raise EmbeddedError(f"{service!r} cannot be a database: use small letters, digits and underscores.")
    connection = await asyncpg.connect(admin)
    try:
        for statement in await _missing(connection, service):
            await connection.execute(statement)
        await connection.execute(f'REVOKE ALL ON DATABASE "{service}" FROM PUBLIC')
        await connection.execute(f'GRANT CONNECT ON DATABASE "{service}" TO "{service}"')
    finally:
        await connection.close()


async def _missing(connection: asyncpg.Connection, service: str) -> list[str]:
    roles = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
    databases = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
    wanted = [role for role in (service, f"{service}_owner") if role not in roles]
    statements = [f'CREATE ROLE "{role}" {ROLE}' for role in wanted]
    if service not in databases:
        statements.append(f'CREATE DATABASE "{service}" OWNER "{service}_owner"')
    return statements
