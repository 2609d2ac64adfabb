#!/usr/bin/env python
import os
import sys


def main() -> None:
    from django.core.management import execute_from_command_line

    from milidip.embedded import EmbeddedError

    try:
        execute_from_command_line(sys.argv)
    except EmbeddedError as error:
        sys.exit(f"PostgreSQL: {error}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "milidip.settings")
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
