"""One settings file, from the environment. docs/operations.md has the table of variables.

Two lives: at home (`make run`, `make test`), where nothing has to be set and only this machine
is served; and production (`MILIDIP_PRODUCTION=1`), where what is missing is an error.
"""

import contextlib
import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from milidip import embedded

BASE_DIR = Path(__file__).parent.parent
VAR = BASE_DIR / "var"


def flag(name: str) -> bool:
    return os.environ.get(name, "").lower() in {"1", "true", "yes", "on"}


def switch(name: str, *, default: bool) -> bool:
    """`on` or `off`: a word that is neither is an error, since a safeguard may hang on it."""
    words = {"": default, "on": True, "1": True, "off": False, "0": False}
    try:
        return words[os.environ.get(name, "").lower()]
    except KeyError:
        raise ImproperlyConfigured(f"{name} is `on` or `off`.") from None


def listed(name: str) -> list[str]:
    return [item.strip() for item in os.environ.get(name, "").split(",") if item.strip()]


def required(name: str) -> str:
    if not (value := os.environ.get(name)):
        raise ImproperlyConfigured(f"Set the environment variable {name} (docs/operations.md).")
    return value


def private_secret(path: Path) -> str:
    """A secret made once and kept in a file that only its owner reads."""
    try:
        return path.read_text()
    except FileNotFoundError:
        pass
    path.parent.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
        f.write(secrets.token_urlsafe(50))
    with contextlib.suppress(FileExistsError):
        os.link(unfinished, path)  # of two that start together, one wins and both read it
    unfinished.unlink()
    return path.read_text()


def database(url: str) -> dict[str, object]:
    """Django's settings for `postgresql://user:password@host:port/name?option=value`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL must look like postgresql://user:pw@host/name.")
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or options.pop("user", "")),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or "") or options.pop("host", ""),
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }


def public_cache(url: str) -> dict[str, object]:
    """Django's settings of the cache of public pages: a Valkey or Redis, or each process's own.

    Keys say for which revision and day something holds; the time limit only tidies up.
    """
    if not url:
        return {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "public",
            "TIMEOUT": 3600,
            "OPTIONS": {"MAX_ENTRIES": 300},
        }
    scheme, _separator, rest = url.partition("://")
    if scheme not in {"redis", "rediss", "valkey", "valkeys"} or not rest:
        raise ImproperlyConfigured("CACHE_URL must look like redis://host:6379/0.")
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"{scheme.replace('valkey', 'redis')}://{rest}",
        "TIMEOUT": 3600,
        "KEY_PREFIX": "milidip",
        "OPTIONS": {"serializer": "milidip.catalogue.kept.Json", "socket_timeout": 1},
    }


PRODUCTION = flag("MILIDIP_PRODUCTION")
DEBUG = flag("DEBUG") and not PRODUCTION

# A page with every component of the design; it shows no record.
STYLEGUIDE = DEBUG or flag("MILIDIP_STYLEGUIDE")

# Sample records and demo accounts: at home unless refused, in production only when asked for.
DEMO = flag("MILIDIP_DEMO") if "MILIDIP_DEMO" in os.environ else not PRODUCTION
DEMO_ACCOUNTS = VAR / "demo_accounts.txt"

# Hosts, sites, security

SECRET_KEY = required("SECRET_KEY") if PRODUCTION else private_secret(VAR / "secret_key")
SECRET_KEY_FALLBACKS = listed("SECRET_KEY_FALLBACKS")

ALLOWED_HOSTS = listed("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
if PRODUCTION:
    required("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = listed("CSRF_TRUSTED_ORIGINS")

# Which pages this process serves: `all`, or `public` for one that knows no other credentials.
SIDE = os.environ.get("MILIDIP_SIDE") or "all"
if SIDE not in {"all", "public"}:
    raise ImproperlyConfigured("MILIDIP_SIDE is `all` or `public`.")

# At home everything is plain http on the loopback address.
HTTPS = PRODUCTION and not flag("MILIDIP_INSECURE_HTTP")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
if flag("MILIDIP_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Preloading binds a whole domain for years: its owner decides that, not a program on it.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}

# The public side never carries a cookie: both belong to the admin's path.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
# Twelve hours after the last page, or when the browser is closed.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_FAILURE_VIEW = "milidip.catalogue.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Applications

INSTALLED_APPS = [
    "milidip",
    "engagements",
    "stakeholders",
    "milidip.catalogue",
    "milidip.codebook",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "pghistory",
    "pgtrigger",
    "django_filters",
    "django_htmx",
]

MIDDLEWARE = [
    "milidip.roles.PublicSideMiddleware",
    "milidip.languages.LanguageMiddleware",
    "milidip.headers.HeadersMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "milidip.catalogue.cors.OpenReadingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "milidip.sign_in.middleware.SecondFactorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "milidip.history.HistoryMiddleware",
    "milidip.catalogue.middleware.RegisterMiddleware",
]

ROOT_URLCONF = "milidip.urls"
WSGI_APPLICATION = "milidip.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database

EMBEDDED_DATABASE = not os.environ.get("DATABASE_URL")
if EMBEDDED_DATABASE and PRODUCTION:
    required("DATABASE_URL")
DATABASES = {
    "default": {
        "ENGINE": "milidip.database",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        **database(os.environ.get("DATABASE_URL") or embedded.project.url()),
    },
}
# The role of every connection that does not ask for another one (milidip/roles.py).
DATABASE_ROLE = "milidip_public" if SIDE == "public" else "milidip_app"
# Milliseconds: of one statement of a public page, and of an export.
PUBLIC_STATEMENT_TIMEOUT = int(os.environ.get("PUBLIC_STATEMENT_TIMEOUT") or 15_000)
EXPORT_STATEMENT_TIMEOUT = int(os.environ.get("EXPORT_STATEMENT_TIMEOUT") or 300_000)
# A record with a hundred participants on one screen sends some thousand fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
# Where ready files of the register lie: written by commands, read by the site.
DATA_ROOT = Path(os.environ.get("DATA_ROOT") or VAR / "data")
# What stands before the addresses in files; without it, the host that was asked.
PUBLIC_BASE_URL = os.environ.get("PUBLIC_BASE_URL", "")
# Where readers write to: a mail address or the address of a page, printed on “About”.
CONTACT = os.environ.get("MILIDIP_CONTACT", "")

# A submitted record that nobody has decided on for so many days is overdue on the review desk.
REVIEW_DAYS = max(int(os.environ.get("REVIEW_DAYS") or 14), 1)

# Head counts under the Chatham House Rule are never of fewer people (rebuild_catalogue after).
SMALLEST_CELL = max(int(os.environ.get("SMALLEST_CELL") or 5), 3)

# A reader who reports a risk hides the names in the record until somebody has looked.
RISK_REPORT_HIDES_NAMES = switch("MILIDIP_RISK_REPORT_HIDES_NAMES", default=True)

# History: written by triggers, added to and never changed.
PGHISTORY_APPEND_ONLY = True
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

# Shared by all processes, since limits on signing in are counted in it. Of the working side: the
# public role cannot read it.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "milidip_cache",
        # So many that nobody pushes a count out of it by making up user names.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # Of the public side, which may write no table: pages and counts of one revision.
    "public": public_cache(os.environ.get("CACHE_URL", "")),
}

# Accounts: of staff only, made by an administrator (docs/decisions/0009-signing-in.md)

AUTHENTICATION_BACKENDS = ["milidip.sign_in.backend.StaffBackend"]
# Hard on memory as well as on time; the second reads passwords of earlier days and is replaced.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"

# Whoever reviews, publishes or administers needs a second factor (engagements/groups.py).
STAFF_SECOND_FACTOR = switch("MILIDIP_SECOND_FACTOR", default=PRODUCTION)
# One person may review and publish what they logged; every record it touches says so in public.
ONE_PERSON_MODE = switch("MILIDIP_ONE_PERSON", default=False)

ALLAUTH_TRUSTED_PROXY_COUNT = 1 if flag("MILIDIP_BEHIND_PROXY") else 0
ACCOUNT_ADAPTER = "milidip.sign_in.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {
    "login": "milidip.sign_in.forms.LoginForm",
    "reauthenticate": "milidip.sign_in.forms.PasswordAgainForm",
    "change_password": "milidip.sign_in.forms.ChangePasswordForm",
}
MFA_ADAPTER = "milidip.sign_in.adapters.SecondFactorAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "milidip"
# Clocks differ and people type slowly: the code before and the code after will do as well.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "milidip.sign_in.forms.CodeForm",
    "reauthenticate": "milidip.sign_in.forms.CodeAgainForm",
    "activate_totp": "milidip.sign_in.forms.FirstCodeForm",
}

# Language and time

LANGUAGE_CODE = "en"
# The two official languages of NATO. In the address for readers, by choice for staff.
LANGUAGES = [("en", "English"), ("fr", "Français")]
LANGUAGE_COOKIE_PATH = "/admin/"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# The API reads no cookie, takes nothing in and answers in JSON, whatever is asked for.

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "milidip.catalogue.api.answers.AlwaysJson",
    "EXCEPTION_HANDLER": "milidip.catalogue.api.answers.in_json",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "milidip",
    "VERSION": "1",
    "DESCRIPTION": "The open register of military diplomacy, for reading.",
    "LICENSE": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
    "SERVE_PUBLIC": True,
    "COMPONENT_SPLIT_REQUEST": False,
    "SORT_OPERATIONS": False,
}

# Static files: hashed names, kept by browsers for ever

STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT") or VAR / "static")
WHITENOISE_MAX_AGE = 0  # of files whose name does not say their content
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Logging: what happened and where, never what a record says

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"milidip": {"()": "milidip.logs.Formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "milidip"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # The server of development, under the same rules.
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        # Django leaves it to the server to drop the body of an answer to HEAD.
        "gunicorn.http.wsgi": {"level": "ERROR"},
    },
}
