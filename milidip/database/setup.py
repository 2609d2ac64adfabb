"""What a database needs before and after its tables: roles, extensions, search, grants.

`manage.py migrate` calls these as the owner, in every database: development, test, production.
Each is safe to repeat and to interrupt. Where the login role may not do a step, the message holds
the SQL that an administrator has to run once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ProgrammingError

from milidip.roles import APP, PUBLIC

EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin", "btree_gist")
MIGRATION_LOCK = 0x6D696C69  # "mili"

TEXT_SEARCH = """
CREATE TEXT SEARCH CONFIGURATION public.milidip (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION public.milidip
    ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part
    WITH unaccent, english_stem;
"""

# History is a table of pghistory: it has the column pgh_id. It is added to, never changed.
TABLES = """
SELECT c.oid::regclass::text, c.relname,
    EXISTS (SELECT FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attname = 'pgh_id' AND NOT a.attisdropped)
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
    AND pg_has_role(c.relowner, 'USAGE')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname
"""

# SECURITY DEFINER functions run as the owner: nobody has them unless named here.
DEFINER_FUNCTIONS = """
SELECT oid::regprocedure::text, proname FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND prosecdef AND pg_has_role(proowner, 'USAGE')
"""
PUBLIC_FUNCTIONS = {"catalogue_sweep"}

# What was decided is superseded and never edited. What may still be added to it is named.
DECIDED = {
    "engagements_ethicalreview": "SELECT, INSERT",
    "engagements_condition": "SELECT, INSERT, UPDATE (met_on, met_by_id, met_note)",
    "engagements_conductassessment": (
        "SELECT, INSERT, UPDATE (second_reviewer_id, confirmed_at, confirmation)"
    ),
    "engagements_criterionfinding": "SELECT, INSERT",
    "engagements_allegation": "SELECT, INSERT",
}


@contextmanager
def migration_lock(
    connection: BaseDatabaseWrapper, waiting: Callable[[], object]
) -> Iterator[None]:
    """One migrate at a time in one database: `make run` twice, or two containers starting."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [MIGRATION_LOCK])
        if not cursor.fetchone()[0]:
            waiting()
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def ensure_roles(connection: BaseDatabaseWrapper) -> None:
    """The two roles exist, and the login role may work as either."""
    with connection.cursor() as cursor:
        # PostgreSQL 16 tells the right to SET ROLE from mere membership.
        right = "SET" if connection.pg_version >= 160000 else "MEMBER"
        login = connection.settings_dict["USER"]
        statements = []
        for role in (APP, PUBLIC):
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            if not cursor.fetchone():
                statements.append(f"CREATE ROLE {role} NOLOGIN")
                statements.append(f"GRANT {role} TO CURRENT_USER")
                continue
            cursor.execute("SELECT pg_has_role(session_user, %s, %s)", [role, right])
            if not cursor.fetchone()[0]:
                statements.append(f"GRANT {role} TO CURRENT_USER")
        cursor.execute(
            "SELECT 1 FROM pg_auth_members WHERE pg_get_userbyid(roleid) = %s "
            "AND pg_get_userbyid(member) = %s",
            [PUBLIC, APP],
        )
        if not cursor.fetchone():
            # So that a process which logs in as the working side can serve public pages.
            statements.append(f"GRANT {PUBLIC} TO {APP}")
        try:
            with transaction.atomic(using=connection.alias):
                for statement in statements:
                    cursor.execute(statement)
        except ProgrammingError as error:
            sql = ";\n  ".join(statements).replace("CURRENT_USER", f'"{login}"')
            raise CommandError(
                f'The database role "{login}" may not create roles. Let an administrator run:\n'
                f"  {sql};\nand then migrate again."
            ) from error


def ensure_extensions(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        missing = [name for name in EXTENSIONS if (name,) not in set(cursor.fetchall())]
        try:
            for name in missing:
                cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {name} SCHEMA public")
        except ProgrammingError as error:
            sql = "".join(f"  CREATE EXTENSION {name} SCHEMA public;\n" for name in missing)
            raise CommandError(
                f"An extension of PostgreSQL is missing ({str(error).splitlines()[0]}).\nInstall "
                "the contrib package of your PostgreSQL if it is not there, and let an "
                f"administrator run in this database:\n{sql}and then migrate again."
            ) from error


def ensure_text_search(connection: BaseDatabaseWrapper) -> None:
    """The search configuration `milidip`: English with accents folded."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_ts_config WHERE cfgname = 'milidip' "
            "AND cfgnamespace = 'public'::regnamespace"
        )
        if not cursor.fetchone():
            cursor.execute(TEXT_SEARCH)


def grant(connection: BaseDatabaseWrapper) -> None:
    """Give each role exactly its rights on what exists now; take back everything else."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(TABLES)
        for table, name, is_history in cursor.fetchall():
            cursor.execute(f"REVOKE ALL ON {table} FROM PUBLIC, {APP}, {PUBLIC}")
            cursor.execute(f"GRANT {working_rights(name, is_history)} ON {table} TO {APP}")
            if name.startswith(("catalogue_", "codebook_")) and not is_history:
                cursor.execute(f"GRANT SELECT ON {table} TO {PUBLIC}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP}")
        cursor.execute(DEFINER_FUNCTIONS)
        for function, name in cursor.fetchall():
            cursor.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC, {APP}, {PUBLIC}")
            readers = f"{APP}, {PUBLIC}" if name in PUBLIC_FUNCTIONS else APP
            cursor.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {readers}")
        cursor.execute(
            "SELECT quote_ident(datname), pg_has_role(datdba, 'USAGE') FROM pg_database "
            "WHERE datname = current_database()"
        )
        database, owned = cursor.fetchone()
        if owned:
            # A temporary table of a visitor could shadow a table inside a definer function.
            cursor.execute(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC, {PUBLIC}")
            cursor.execute(f"GRANT TEMPORARY ON DATABASE {database} TO {APP}")


def working_rights(table: str, is_history: bool) -> str:
    """No TRUNCATE for anybody: it would pass the history triggers by."""
    if is_history:
        return "SELECT, INSERT"
    if table == "pghistory_context":
        return "SELECT, INSERT, UPDATE"
    if table == "django_migrations":
        return "SELECT"
    if table in DECIDED:
        return DECIDED[table]
    return "SELECT, INSERT, UPDATE, DELETE"
