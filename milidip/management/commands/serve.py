import io
import os
import signal
import socket
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.utils import OperationalError

from milidip.roles import owner_role

PATIENCE = 60  # seconds to wait for a database that is not there yet


class Command(BaseCommand):
    """The one way the site starts: at home, and in the image as a plain process.

    Every step can be repeated and interrupted; the next start goes on from there.
    """

    help = "Prepare the database and serve the site: what `make run` does."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=os.environ.get("MILIDIP_HOST", "127.0.0.1"))
        parser.add_argument("--port", default=os.environ.get("PORT") or "8000")

    interrupted = False

    def handle(self, *args: Any, **options: Any) -> None:
        self.check_address(options["host"], options["port"])
        signal.signal(signal.SIGINT, self.interrupt)
        try:
            if settings.SIDE == "all":
                self.prepare_database()
            if not settings.PRODUCTION:
                self.step("Static files")
                call_command("collectstatic", interactive=False, verbosity=0)
        except BaseException:
            if not self.interrupted:
                raise
            # Whatever the interruption has become on its way: a broken COPY, a lost connection.
            raise CommandError(
                "Interrupted. Nothing is lost: the next start goes on from here.", returncode=130
            ) from None
        self.step("Web server")
        connection.close()
        os.environ["MILIDIP_BIND"] = f"{options['host']}:{options['port']}"
        command = ["-m", "gunicorn", "--config=python:milidip.gunicorn", "milidip.wsgi"]
        os.execv(sys.executable, [sys.executable, *command])  # noqa: S606

    def prepare_database(self) -> None:
        self.step("Database")
        self.wait_for_database()
        self.step("Tables")
        call_command("migrate", interactive=False)
        self.step("Codebook")
        call_command("load_codebook")
        if settings.DEMO:
            self.load_sample()
            self.step("Demo accounts")
            call_command("create_demo_accounts")

    def load_sample(self) -> None:
        """Only into an empty register, or to finish what an interruption left half loaded."""
        from engagements.models import Engagement

        unfinished = settings.VAR / "sample_unfinished"
        if Engagement.objects.exists() and not unfinished.exists():
            return
        self.step("Sample catalogue")
        unfinished.touch()
        call_command("load_sample")
        unfinished.unlink()
        self.step("Data files")
        call_command("make_data_files", stdout=io.StringIO())

    def wait_for_database(self) -> None:
        began = time.monotonic()
        with owner_role():
            while True:
                try:
                    connection.ensure_connection()
                    connection.close()  # before migrate the other roles may not exist yet
                    return
                except OperationalError as error:
                    if time.monotonic() - began > PATIENCE:
                        reason = str(error).strip().splitlines()[0]
                        raise CommandError(f"The database does not answer: {reason}") from error
                    self.step("waiting for the database")
                    time.sleep(2)

    def check_address(self, host: str, port: str) -> None:
        """Before anything else: a busy port is better known at once than after a minute."""
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise CommandError(f"PORT is a number from 1 to 65535, not {port!r}.")
        try:
            with socket.create_server((host, int(port))):
                pass
        except PermissionError as error:
            raise CommandError(f"Port {port} is not for ordinary users: try PORT=8000.") from error
        except OSError as error:
            raise CommandError(
                f"Port {port} of {host} is taken ({error.strerror}). The site may be running "
                "already; for another port: make run PORT=8001"
            ) from error

    def interrupt(self, *signal: object) -> None:
        """Python loses a KeyboardInterrupt raised in a finaliser: remember it for the next step."""
        self.interrupted = True
        raise KeyboardInterrupt

    def step(self, name: str) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.stdout.write(f"== {name}")
        self.stdout.flush()
