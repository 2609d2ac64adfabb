"""The wall in the database: who may read and write what, and that no view can forget its role."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.utils import OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from psycopg import errors

from milidip.roles import (
    APP,
    PUBLIC,
    PublicSideMiddleware,
    as_public,
    export_connection,
    owner_role,
    public_role,
    working_as,
)


def current_role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


def test_a_connection_works_as_the_working_side(db: None) -> None:
    assert current_role() == APP


def test_the_public_role_ends_with_its_block(db: None) -> None:
    with public_role():
        assert current_role() == PUBLIC
    assert current_role() == APP


def test_the_public_role_nests(db: None) -> None:
    with public_role():
        with public_role():
            assert current_role() == PUBLIC
        assert current_role() == PUBLIC
        with owner_role():
            assert current_role() not in (PUBLIC, APP)
        assert current_role() == PUBLIC
    assert current_role() == APP


def test_the_public_role_cannot_read_a_working_table(db: None) -> None:
    with public_role(), pytest.raises(ProgrammingError) as error, transaction.atomic():
        User.objects.count()
    assert isinstance(error.value.__cause__, errors.InsufficientPrivilege)
    assert current_role() == APP


def test_the_role_is_right_again_after_an_aborted_transaction(db: None) -> None:
    with pytest.raises(ProgrammingError), transaction.atomic(), public_role():
        User.objects.count()
    assert current_role() == APP


def test_the_role_survives_an_inner_rollback(db: None) -> None:
    with public_role():
        with transaction.atomic():
            current_role()
            transaction.set_rollback(True)
        assert current_role() == PUBLIC
    assert current_role() == APP


def test_a_connection_opened_again_keeps_its_role(committed_db: None) -> None:
    with public_role():
        connection.close()
        assert current_role() == PUBLIC
    assert current_role() == APP
    connection.close()
    assert current_role() == APP


def test_a_closed_connection_is_not_opened_for_a_change_of_role(committed_db: None) -> None:
    connection.close()
    with public_role():
        assert connection.connection is None
    assert connection.connection is None


def test_a_role_that_cannot_be_taken_leaves_no_open_connection(committed_db: None) -> None:
    """Going on with the rights of before would be a hole."""
    assert current_role() == APP
    with working_as("milidip_not_there"):
        assert connection.connection is None
        with pytest.raises(OperationalError, match="does not exist"):
            connection.ensure_connection()
    assert current_role() == APP


def test_changing_the_role_is_no_query_of_the_page(
    db: None, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    connection.ensure_connection()
    with django_assert_num_queries(0), public_role():
        pass


def test_statements_of_the_public_side_have_a_time_limit(db: None, settings) -> None:
    settings.PUBLIC_STATEMENT_TIMEOUT = 50
    with (
        public_role(),
        pytest.raises(OperationalError, match="statement timeout"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT pg_sleep(5)")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] == "0"


# Exports


def test_an_export_runs_as_the_public_role_read_only_and_limited(
    committed_db: None, settings
) -> None:
    settings.EXPORT_STATEMENT_TIMEOUT = 4321
    with export_connection() as export:
        row = export.execute(
            "SELECT current_user, current_database(), current_setting('transaction_read_only'), "
            "current_setting('statement_timeout')"
        ).fetchone()
    assert row == (PUBLIC, connection.settings_dict["NAME"], "on", "4321ms")
    assert connection.settings_dict["NAME"].startswith("test_")


# What is granted


def rights_of(role: str) -> dict[str, set[str]]:
    with owner_role(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, privilege FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', "
            "'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p(privilege) "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') "
            "AND has_table_privilege(%s, c.oid, privilege)",
            [role],
        )
        rights: dict[str, set[str]] = {}
        for table, right in cursor.fetchall():
            rights.setdefault(table, set()).add(right)
    return rights


def test_the_public_role_reads_the_catalogue_and_the_codebook_and_nothing_else(db: None) -> None:
    rights = rights_of(PUBLIC)
    assert rights
    for table, granted in rights.items():
        assert table.startswith(("catalogue_", "codebook_")), table
        assert granted == {"SELECT"}, table


def test_history_can_be_added_to_but_never_changed(db: None) -> None:
    rights = rights_of(APP)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns WHERE column_name = %s", ["pgh_id"]
        )
        history = {table for (table,) in cursor.fetchall()}
    assert history
    for table in history:
        assert rights[table] == {"SELECT", "INSERT"}, table


def test_the_working_side_reads_and_writes_every_other_table(db: None) -> None:
    rights = rights_of(APP)
    assert rights.pop("django_migrations") == {"SELECT"}
    assert rights.pop("pghistory_context") == {"SELECT", "INSERT", "UPDATE"}
    assert rights["auth_user"] == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    for table, granted in rights.items():
        assert not granted & {"TRUNCATE", "REFERENCES", "TRIGGER"}, table


def test_functions_that_run_as_the_owner_are_closed_to_the_public_unless_named(db: None) -> None:
    """And they pin their search path, or a visitor's table could stand in for theirs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, has_function_privilege(%s, oid, 'EXECUTE'), proconfig FROM pg_proc "
            "WHERE prosecdef AND pronamespace = 'public'::regnamespace",
            [PUBLIC],
        )
        for name, open_to_public, configuration in cursor.fetchall():
            assert open_to_public == (name == "catalogue_sweep"), name
            assert any(line.startswith("search_path=") for line in configuration or []), name


def test_the_public_role_makes_no_temporary_tables(db: None) -> None:
    with (
        public_role(),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("CREATE TEMPORARY TABLE engagement (id int)")


# The middleware


def through_the_middleware(path: str, view, **headers: str) -> HttpResponse:
    return PublicSideMiddleware(view)(RequestFactory(**headers).get(path))


def answer_with_role(request: HttpRequest) -> HttpResponse:
    return HttpResponse(current_role())


@pytest.mark.parametrize("path", ["/", "/engagements/", "/healthz", "/administration/", "/admin"])
def test_every_public_path_runs_as_the_public_role(db: None, path: str) -> None:
    assert through_the_middleware(path, answer_with_role).content.decode() == PUBLIC
    assert current_role() == APP


def test_the_admin_runs_as_the_working_side(db: None) -> None:
    assert through_the_middleware("/admin/", answer_with_role).content.decode() == APP


def test_a_streamed_body_is_made_as_the_public_role(db: None) -> None:
    def stream(request: HttpRequest) -> StreamingHttpResponse:
        def body() -> Iterator[str]:
            yield current_role()
            yield current_role()

        return StreamingHttpResponse(body())

    response = through_the_middleware("/engagements.csv", stream)
    assert current_role() == APP
    assert list(response) == [PUBLIC.encode()] * 2
    assert current_role() == APP


def test_a_reader_who_leaves_early_leaves_the_role_as_it_was(db: None) -> None:
    chunks = as_public(iter([b"a", b"b"]))
    assert next(chunks) == b"a"
    assert current_role() == PUBLIC
    chunks.close()
    assert current_role() == APP


def test_public_views_never_see_a_cookie(db: None) -> None:
    def echo(request: HttpRequest) -> HttpResponse:
        return HttpResponse(repr(request.COOKIES))

    sent = {"HTTP_COOKIE": "sessionid=forged"}
    assert through_the_middleware("/", echo, **sent).content == b"{}"
    assert b"forged" in through_the_middleware("/admin/", echo, **sent).content
