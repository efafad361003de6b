"""`aixiv up` on real services: what is killed comes back, what is stopped is gone, data stays."""

import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import httpx2
import psutil
import psycopg
import pytest

from aixiv.settings import Settings
from aixiv.storage import StorageError
from aixiv.supervisor.home import with_running_addresses
from aixiv.supervisor.s3 import free_port
from aixiv.supervisor.services import DATABASE, INFERENCE, OBJECTS, WEB
from tests.fixtures.services import Services
from tests.supervisor.platform import Platform, eventually, made_secrets, processes_of

Start = Callable[..., Platform]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts platforms, and leaves none behind."""
    started: list[Platform] = []

    def starter(*parts: str, home: Path = tmp_path / "home", **settings: str) -> Platform:
        started.append(Platform(home, *(parts or (DATABASE, OBJECTS)), **settings))
        return started[-1]

    yield starter
    for platform in started:
        if platform.process.poll() is None:
            platform.stop()
    assert [p for platform in started for p in processes_of(platform.home)] == []


def write_down(platform: Platform, word: str) -> str:
    """Put a row and an object; the object's hash."""
    with psycopg.connect(platform.facts["database"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
        connection.execute("INSERT INTO words VALUES (%s)", [word])
    return anyio.run(platform.blobs().put_bytes, word.encode()).sha256


def read_back(platform: Platform, sha256: str) -> tuple[list[str], str]:
    with psycopg.connect(platform.facts["database"], connect_timeout=5) as connection:
        words = [row[0] for row in connection.execute("SELECT word FROM words").fetchall()]
    return words, anyio.run(platform.blobs().get_bytes, sha256, 100).decode()


def works(read: Callable[[], object]) -> bool:
    try:
        read()
    except (psycopg.Error, OSError, httpx2.HTTPError, StorageError):
        return False
    return True


@pytest.mark.slow
def test_a_killed_part_comes_back_with_its_data(start: Start) -> None:
    platform = start(DATABASE, OBJECTS, INFERENCE).wait_up()
    sha256 = write_down(platform, "kept")
    inference = next(row["address"] for row in platform.facts["rows"] if row["name"] == INFERENCE)
    for part in (DATABASE, OBJECTS, INFERENCE):
        psutil.Process(platform.pid_of(part)).send_signal(signal.SIGKILL)
    assert eventually(lambda: works(lambda: read_back(platform, sha256)), 15)
    assert read_back(platform, sha256) == (["kept"], "kept")
    assert eventually(lambda: works(lambda: httpx2.get(f"{inference}/health")), 30)
    assert platform.process.poll() is None


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_finds_everything(start: Start) -> None:
    platform = start(DATABASE, OBJECTS, INFERENCE).wait_up()
    sha256 = write_down(platform, "kept")
    assert len(processes_of(platform.home)) >= 3
    platform.kill()
    assert eventually(lambda: not processes_of(platform.home), 10), processes_of(platform.home)
    assert read_back(start().wait_up(), sha256) == (["kept"], "kept")


@pytest.mark.slow
def test_the_next_start_does_not_wait_for_the_dead(start: Start) -> None:
    platform = start().wait_up()
    sha256 = write_down(platform, "kept")
    platform.kill()
    assert read_back(start().wait_up(), sha256) == (["kept"], "kept")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_in_time(start: Start, number: int) -> None:
    platform = start().wait_up()
    with psycopg.connect(platform.facts["database"]):  # a client that stays must not hold it up
        began = time.monotonic()
        platform.process.send_signal(number)
        platform.process.communicate(timeout=20)
        assert time.monotonic() - began < 10
    assert platform.process.returncode == 0
    assert processes_of(platform.home) == []
    assert "database system is shut down" in (platform.home / "logs" / "database.log").read_text()


def test_a_second_start_on_the_same_home_is_refused(start: Start) -> None:
    first = start().wait_up()
    second = start()
    assert "is in use by pid" in second.complaint()
    assert second.process.returncode == 1
    assert first.process.poll() is None
    assert works(lambda: psycopg.connect(first.facts["database"]).close())


def test_other_commands_find_the_running_services(start: Start) -> None:
    platform = start().wait_up()
    found = with_running_addresses(Settings(home=platform.home))
    assert (found.database_url, found.s3_endpoint) == (platform.facts["database"], platform.facts["objects"])
    assert with_running_addresses(Settings(home=platform.home, database_url="mine")).database_url == "mine"
    platform.stop()
    assert with_running_addresses(Settings(home=platform.home)).database_url == ""


def test_no_secret_is_in_arguments_or_logs(start: Start) -> None:
    platform = start().wait_up()
    write_down(platform, "word")
    words = " ".join(word for process in processes_of(platform.home) for word in process.cmdline())
    logs = "".join(path.read_text() for path in (platform.home / "logs").iterdir())
    assert [secret for secret in made_secrets(platform.home) if secret in words + logs] == []
    assert str(platform.home) in words


def test_a_start_killed_while_making_the_database_is_made_good(start: Start, tmp_path: Path) -> None:
    half_made = tmp_path / "home" / "postgres.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    platform = start(DATABASE).wait_up()
    assert works(lambda: psycopg.connect(platform.facts["database"]).close())
    assert not half_made.exists()


def test_a_note_of_a_dead_server_whose_number_is_taken_is_no_obstacle(
    start: Start, services: Services, tmp_path: Path
) -> None:
    start(DATABASE).wait_up().stop()
    stranger = (services.postgres.data / "postmaster.pid").read_text()  # alive, and of the same system user
    (tmp_path / "home" / "postgres" / "postmaster.pid").write_text(stranger)
    platform = start(DATABASE).wait_up()
    assert works(lambda: psycopg.connect(platform.facts["database"]).close())
    assert works(lambda: psycopg.connect(services.postgres.url("postgres")).close())


def test_a_home_too_deep_for_a_socket_works(start: Start, tmp_path: Path) -> None:
    platform = start(DATABASE, home=tmp_path / ("deep " * 12) / ("down, " * 12)).wait_up()
    assert works(lambda: psycopg.connect(platform.facts["database"]).close())


def test_a_part_whose_address_is_given_is_not_started(start: Start, postgres_url: str) -> None:
    platform = start(AIXIV_DATABASE_URL=postgres_url).wait_up()
    states = {row["name"]: row["state"] for row in platform.facts["rows"]}
    assert states == {DATABASE: "external", OBJECTS: "ready"}
    assert platform.facts["database"] == postgres_url
    assert not (platform.home / "postgres").exists()


def test_a_taken_port_is_said_with_the_setting_to_change(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        platform = start(WEB, AIXIV_PORT=str(taken.getsockname()[1]))
        assert "set AIXIV_PORT to a free port" in platform.complaint()
    assert platform.process.returncode == 1


def test_a_given_database_that_is_not_there_is_said_with_its_setting(start: Start) -> None:
    address = "postgresql://me:hunter2@127.0.0.1:9/aixiv"
    platform = start(WEB, AIXIV_DATABASE_URL=address, AIXIV_PORT=str(free_port()))
    complaint = platform.complaint()
    assert platform.process.returncode == 1
    assert "check AIXIV_DATABASE_URL" in complaint
    assert "hunter2" not in complaint


def test_a_part_that_cannot_start_is_said_with_its_log(start: Start, tmp_path: Path) -> None:
    start().wait_up().stop()
    (tmp_path / "home" / "postgres" / "PG_VERSION").write_text("9.6\n")
    platform = start()
    complaint = platform.complaint()
    assert platform.process.returncode == 1
    assert "database does not start" in complaint
    assert "incompatible with server" in complaint
