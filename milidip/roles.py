"""Who a database connection works as: three roles, and the wall between the two sides.

| role             | works                                   | may                                |
| ---------------- | --------------------------------------- | ---------------------------------- |
| the login role   | `manage.py migrate`                     | owns the tables (`milidip_owner`)  |
| `milidip_app`    | the working side: admin, gate, commands | read and write; history: add only  |
| `milidip_public` | every public view and every export      | read `catalogue_*`, `codebook_*`   |

Grants are made by `milidip.database.setup` after every migrate. A public view that reads a
working table is an error of the database, in development and in tests as in production.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse

OWNER = "milidip_owner"
APP = "milidip_app"
PUBLIC = "milidip_public"
LOGIN = "none"
"""Not a role: the absence of one. `SET ROLE none` is the role that logged in, the owner."""


def statement_timeout(role: str) -> int:
    """Milliseconds a statement of this role may take; 0 is no limit."""
    return settings.PUBLIC_STATEMENT_TIMEOUT if role == PUBLIC else 0


def connection_options(role: str, **parameters: object) -> str:
    """Start-up options of a connection that works as `role`."""
    values: dict[str, object] = {"jit": "off", "statement_timeout": statement_timeout(role)}
    # What a search finds of a million records is noted record by record, not page by page.
    values["work_mem"] = "32MB"
    if role != LOGIN:
        values["role"] = role
    return " ".join(f"-c {name}={value}" for name, value in (values | parameters).items())


@contextmanager
def working_as(role: str, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let this thread's connection work as `role`, then as before.

    It nests, survives a reconnect inside, and costs nothing while the connection is closed.
    """
    connection = connections[using]
    before = connection.role
    connection.work_as(role)
    try:
        yield
    finally:
        connection.work_as(before)


@contextmanager
def public_role(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """See and do what the public side may, and nothing else."""
    with working_as(PUBLIC, using):
        yield


@contextmanager
def owner_role(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Work as the role that logged in. For migrations and test clean-up, never for a request."""
    with working_as(LOGIN, using):
        yield


def export_connection(using: str = DEFAULT_DB_ALIAS) -> psycopg.Connection:
    """A new connection for one export: public role, read-only, its own time limit.

    Apart from Django's connection, because a stream outlives its request's transaction and must
    not hold up the thread's other work. The caller closes it, also when the reader goes away.
    """
    params = connections[using].get_connection_params()
    params["options"] = connection_options(
        PUBLIC,
        statement_timeout=settings.EXPORT_STATEMENT_TIMEOUT,
        default_transaction_read_only="on",
    )
    return psycopg.connect(**params)


class PublicSideMiddleware:
    """Everything that is not the admin runs as the public role, and reads no cookie.

    The outermost middleware, so that error pages are made under it too. Streamed bodies are
    produced after the view has returned: they are wrapped, so a lazy query in one stays public.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.working_side = ("/admin/", settings.STATIC_URL)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(self.working_side):
            return self.get_response(request)
        # The cookies' path is /admin/; one that arrives here is forged or foreign. Not reading it
        # keeps sessions out of the public side, and `Vary: Cookie` out of its responses.
        request.META.pop("HTTP_COOKIE", None)
        with public_role():
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = as_public(response.streaming_content)
        return response


def as_public(chunks: Iterable[bytes]) -> Generator[bytes]:
    with public_role():
        yield from chunks
