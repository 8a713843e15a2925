"""The second lock: PostgreSQL itself shows a unit the rows of its own workspace and of no other.

A unit steps into the role `lucy_tenant` and names its workspace, which the policy of every tenant's table compares with;
the few queries across workspaces step into `lucy_ops`. Neither role may reach a month of the ledger but through the ledger.
A user of the database who can't have the roles does without: the stores' own filters stand alone, and `lucy check` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ARRAY, Connection, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.base import NO_TENANT
from bot.db.prepared import Prepared
from bot.db.roles import ACROSS, TENANT, WORKSPACE
from bot.db.tables import metadata

_TABLES = {"tenants": sorted(set(metadata.tables) - NO_TENANT), "nobodys": sorted(set(metadata.tables) & NO_TENANT)}
_A_UNIT_ADDS_TO = frozenset({"forgotten_day"})

_MAKE_ROLES = text(
    f"""
    DO $$
    DECLARE
        name text;
        how text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
    BEGIN
        FOREACH name IN ARRAY ARRAY['{TENANT}', '{ACROSS}'] LOOP
            BEGIN
                IF to_regrole(name) IS NULL THEN
                    EXECUTE format('CREATE ROLE %I NOLOGIN', name);
                END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
            END;
            BEGIN
                IF NOT pg_has_role(name, how) THEN
                    EXECUTE format('GRANT %I TO CURRENT_USER', name);
                END IF;
            EXCEPTION WHEN unique_violation OR insufficient_privilege OR undefined_object THEN NULL;
            END;
        END LOOP;
    END $$
    """
)
"""Roles are the whole cluster's: another database's Lucy may be making them at this very moment."""

_STATE = f"""
    WITH role AS (
        SELECT to_regrole(name)::oid AS oid,
               CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END AS how
        FROM unnest(ARRAY['{TENANT}', '{ACROSS}']) AS name
    )
    SELECT (SELECT bool_and(coalesce(pg_has_role(oid, how), false)) FROM role) AS may,
        ARRAY(
            SELECT rolname::text FROM pg_roles AS other
            WHERE rolcanlogin AND NOT rolsuper AND rolname <> current_user
              AND has_database_privilege(other.oid, current_database(), 'CONNECT')
              AND EXISTS (SELECT FROM role WHERE pg_has_role(other.oid, role.oid, how)) ORDER BY 1
        ) AS others,
        ARRAY(
            SELECT name FROM unnest(CAST(:tenants AS text[]) || CAST(:nobodys AS text[])) AS name
            WHERE NOT coalesce(has_table_privilege(to_regrole('{ACROSS}')::oid, to_regclass(name), 'INSERT'), false)
               OR name = ANY(CAST(:tenants AS text[])) AND 2 > (
                  SELECT count(*) FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
                  WHERE polrelid = to_regclass(name) AND polname IN ('tenant', 'across') AND relrowsecurity)
        ) AS bare
    """
_READ = Prepared(_STATE)
_OURS = text("SELECT coalesce(pg_has_role(relowner, 'USAGE'), false) FROM pg_class WHERE oid = to_regclass(:name)")


@dataclass(frozen=True, slots=True)
class SecondLock:
    """How it stands: whether we may step into its roles, who else may, and which tables it does not cover yet."""

    may: bool
    others: tuple[str, ...]
    bare: tuple[str, ...]

    @property
    def on(self) -> bool:
        return self.may and not self.bare


async def is_on(session: AsyncSession) -> bool:
    """Whether the units of a running Lucy can be locked in."""
    row = await _READ.row(session, _TABLES)
    return SecondLock(row["may"], tuple(row["others"]), tuple(row["bare"])).on


def standing(connection: Connection) -> SecondLock:
    """How the second lock stands in the database at hand."""
    state = text(_STATE).bindparams(*(bindparam(name, type_=ARRAY(Text)) for name in _TABLES))
    row = connection.execute(state, _TABLES).one()
    return SecondLock(row.may, tuple(row.others), tuple(row.bare))


def make_roles(connection: Connection) -> None:
    """Make the roles if we may, in a transaction of their own: others wait for it."""
    connection.execute(_MAKE_ROLES)
    connection.commit()


def lock_up(connection: Connection) -> None:
    """Cover every table that is not covered yet; nothing where we may not, or where somebody else could step in too."""
    lock = standing(connection)
    if not lock.may or lock.others:
        return
    for name in lock.bare:
        if connection.scalar(_OURS, {"name": name}):
            for statement in _covering(name):
                connection.execute(text(statement))


def _covering(table: str) -> Iterator[str]:
    """A unit sees its own rows; the queries across see all. Rights are given on a ledger, never on one of its months."""
    everything = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO"
    yield f"{everything} {ACROSS}"
    if table in _A_UNIT_ADDS_TO:
        yield f"GRANT SELECT, INSERT, UPDATE ON {table} TO {TENANT}"
    if table in NO_TENANT:
        return
    yield f"{everything} {TENANT}"
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    for name in ("tenant", "across"):
        yield f"DROP POLICY IF EXISTS {name} ON {table}"
    yield f"CREATE POLICY tenant ON {table} TO {TENANT} USING (workspace_id = current_setting('{WORKSPACE}')::uuid)"
    yield f"CREATE POLICY across ON {table} TO {ACROSS} USING (true)"
