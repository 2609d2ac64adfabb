"""Django's PostgreSQL backend, with the role it works as and the embedded server behind it.

The connection logs in as one role and works as another: `milidip_app` on the working side,
`milidip_public` for the public side, the login role itself for migrations. The role is part of
the connection's start-up options, so a connection that is opened again comes back in its role
and never, by accident, with more rights. `milidip.roles` says when to change it.
"""

from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from django.db.utils import OperationalError
from psycopg.pq import TransactionStatus

from milidip import embedded
from milidip.roles import LOGIN, connection_options, statement_timeout


class DatabaseWrapper(base.DatabaseWrapper):
    role: str
    """The role this connection works as, whether it is open now or not."""

    may_start_server = True
    """Whether the next connection of this process may start the embedded server."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role = settings.DATABASE_ROLE

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        # Without a name it is Django's maintenance connection, which creates test databases.
        role = self.role if self.settings_dict["NAME"] else LOGIN
        return {**params, "options": connection_options(role)}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        # Only the first connection of a command: `make stop` is not undone by the next visitor.
        may_start, DatabaseWrapper.may_start_server = self.may_start_server, False
        if settings.EMBEDDED_DATABASE:
            embedded.project.check_socket_directory()
        try:
            return super().get_new_connection(conn_params)
        except (OperationalError, self.Database.OperationalError) as error:
            if f'role "{self.role}"' in str(error):
                error.add_note("Is the database set up? `python manage.py migrate` does it.")
            if not settings.EMBEDDED_DATABASE or not may_start:
                raise
        embedded.project.start()
        return super().get_new_connection(conn_params)

    def work_as(self, role: str) -> None:
        """Change the role, now or when the connection is next opened."""
        self.role = role
        if self.connection is None or self.connection.closed:
            return
        if self.connection.info.transaction_status == TransactionStatus.INERROR:
            return  # nothing can be set now; the rollback that must follow restores the role
        # Past Django's cursor: this is no query of the page and belongs in no query count.
        try:
            self.connection.execute(
                f"SET ROLE {role}; SET statement_timeout TO {statement_timeout(role)}"
            )
        except psycopg.Error:
            # Never go on with the rights of before. Opening it again tells what is wrong.
            self.close()
