"""For the image's HEALTHCHECK: ask this very process's /healthz, as one of its own hosts."""

import os
import sys
import urllib.request


def main() -> int | str:
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
    request = urllib.request.Request(
        f"http://127.0.0.1:{os.environ.get('PORT') or 8000}/healthz",
        headers={"Host": "localhost" if host == "*" else host},
    )
    try:
        urllib.request.urlopen(request, timeout=4).close()  # noqa: S310
    except OSError as error:
        return str(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
