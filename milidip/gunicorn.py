"""The production server: gunicorn, also at home. Read by `gunicorn --config python:...`."""

import os
import sys

from django.conf import settings
from gunicorn.arbiter import Arbiter

from milidip.database.base import DatabaseWrapper

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "milidip.settings")
DatabaseWrapper.may_start_server = False

bind = os.environ.get("MILIDIP_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 4
graceful_timeout = 10
control_socket_disable = True

# The path without its query: what people search for is nobody's business.
accesslog = "-"
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(b)s bytes %(M)s ms"
logger_class = "milidip.logs.ServerLogger"


def when_ready(server: Arbiter) -> None:
    """Tell the person at the keyboard where to go, once it can be gone to."""
    lines = [f"== Ready: http://{bind}/"]
    if settings.DEMO and settings.SIDE == "all" and settings.DEMO_ACCOUNTS.exists():
        lines += [f"   Staff:  http://{bind}/admin/", "   Demo accounts and their passwords:"]
        for line in settings.DEMO_ACCOUNTS.read_text().splitlines():
            if not line.startswith("#"):
                lines.append(f"     {line}")
    if not settings.PRODUCTION:
        lines.append("   Ctrl-C ends the site; the database stays up until `make stop`.")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
