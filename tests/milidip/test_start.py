"""How the site starts: `manage.py serve`, demo accounts, migrate."""

import socket
import stat
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.utils import ProgrammingError

from milidip.database import setup
from milidip.management.commands import serve
from milidip.roles import APP, owner_role


@pytest.fixture
def accounts(settings, tmp_path: Path, db: None) -> Path:
    settings.DEMO_ACCOUNTS = tmp_path / "demo_accounts.txt"
    return settings.DEMO_ACCOUNTS


def passwords(path: Path) -> dict[str, str]:
    return dict(line.split() for line in path.read_text().splitlines() if line[0] != "#")


def test_there_is_one_demo_account_per_role_and_its_password_works(accounts: Path) -> None:
    call_command("create_demo_accounts")
    found = passwords(accounts)
    assert set(found) == {"contributor", "reviewer", "editor", "vocabularies", "admin"}
    assert stat.S_IMODE(accounts.stat().st_mode) == 0o600
    for name, password in found.items():
        user = authenticate(username=name, password=password)
        assert user
        assert user.is_staff
    assert [user.username for user in User.objects.filter(is_superuser=True)] == ["admin"]
    assert User.objects.get(username="editor").has_perm("engagements.publish_engagement")


def test_demo_accounts_are_made_once(accounts: Path) -> None:
    call_command("create_demo_accounts")
    before = accounts.read_text(), list(User.objects.values("username", "password"))
    call_command("create_demo_accounts")
    assert (accounts.read_text(), list(User.objects.values("username", "password"))) == before


def test_an_account_of_the_same_name_is_left_alone(accounts: Path) -> None:
    User.objects.create_user("editor", password="their-own-password")
    call_command("create_demo_accounts")
    assert "editor" not in passwords(accounts)
    assert User.objects.get(username="editor").check_password("their-own-password")


def test_an_interruption_between_password_and_account_is_made_good(accounts: Path) -> None:
    call_command("create_demo_accounts")
    User.objects.get(username="reviewer").delete()
    password = passwords(accounts)["reviewer"]
    call_command("create_demo_accounts")
    assert authenticate(username="reviewer", password=password)


def test_a_busy_port_is_told_before_anything_is_done() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(CommandError, match=f"Port {port} .* is taken"):
            call_command("serve", port=port)


@pytest.mark.parametrize("port", ["eighty", "70000", "-1"])
def test_a_port_that_is_none_is_told(port: str) -> None:
    with pytest.raises(CommandError, match="PORT is a number"):
        call_command("serve", port=port)


def test_an_interruption_lost_in_a_finaliser_ends_the_start_at_the_next_step() -> None:
    command = serve.Command()
    with pytest.raises(KeyboardInterrupt):
        command.interrupt()
    with pytest.raises(KeyboardInterrupt):
        command.step("next")


# The database around the tables


def test_setting_the_database_up_again_changes_nothing(db: None) -> None:
    with owner_role():
        for step in (
            setup.ensure_roles,
            setup.ensure_extensions,
            setup.ensure_text_search,
            setup.grant,
        ):
            step(connection)


def test_search_folds_accents_and_endings(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_tsvector('milidip', 'Coopération für Münchner Übungen') "
            "@@ websearch_to_tsquery('milidip', 'munchner ubungen cooperation')"
        )
        assert cursor.fetchone() == (True,)


def test_a_login_that_may_not_make_roles_is_told_what_to_run(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "APP", "milidip_not_there")
    # The connection works as milidip_app here, which may make no roles.
    with pytest.raises(CommandError, match="CREATE ROLE milidip_not_there NOLOGIN;"):
        setup.ensure_roles(connection)


def test_a_missing_extension_is_told_with_the_statement(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "EXTENSIONS", ("file_fdw",))
    with owner_role(), pytest.raises(CommandError, match="CREATE EXTENSION file_fdw"):
        setup.ensure_extensions(connection)


def test_the_working_side_owns_no_table(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, count(*) FROM pg_tables WHERE tableowner = %s", [APP])
        assert cursor.fetchone() == (APP, 0)
        with pytest.raises(ProgrammingError, match="must be owner"):
            cursor.execute("ALTER TABLE auth_user DISABLE TRIGGER ALL")
