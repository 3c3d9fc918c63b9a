"""A private PostgreSQL server of a project's, from a wheel: no installation, no container.

Its data lies in ``.seeknal/postgres/<connection>`` and outlives the run. It listens on the
loopback address with a random password, and stops when the last command that used it has ended,
unless ``seeknal postgres start`` asked for it to stay.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.plugin import ConnectionFailed, Secret, awaited, quote_identifier
from seeknal_postgres.binaries import account, binaries, reachable

if TYPE_CHECKING:
    from seeknal_postgres.binaries import Account

USER = DATABASE = "seeknal"
START_TIMEOUT = 30.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "password_encryption": "scram-sha-256",
    "log_min_messages": "warning",
}


@frozen(kw_only=True)
class Server:
    """A server in a folder of its own. ``settings`` are of postgresql.conf."""

    folder: Path
    settings: Mapping[str, str] = field(factory=dict)
    programs: Path | None = None
    """The folder of initdb and postgres; else those of the wheel."""

    @property
    def log(self) -> Path:
        return self._home / "server.log"

    @property
    def pid(self) -> int | None:
        """Its process, while it runs."""
        lines = self._pid_file()
        if not lines or not lines[0].strip().lstrip("-").isdigit():
            return None
        pid = abs(int(lines[0]))
        return pid if _is_server(pid, self._home / "data") else None

    @property
    def port(self) -> int | None:
        """Where it accepts connections; None before it does."""
        lines = self._pid_file()
        ready = len(lines) > 7 and lines[7].strip() == "ready"
        return int(lines[3]) if ready and self.pid is not None else None

    def parameters(self) -> dict[str, Any]:
        """libpq's keywords for it."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "user": USER,
            "dbname": DATABASE,
            "password": self.password.reveal(),
            # It has no TLS and is on the loopback address only.
            "sslmode": "disable",
            "gssencmode": "disable",
        }

    @property
    def password(self) -> Secret:
        return Secret(self._password_file.read_text())

    def start(self) -> None:
        """Start it unless it runs, making its data first. Raises ConnectionFailed."""
        with self._starting():
            if self.port is None:
                if not (self._home / "data" / "PG_VERSION").exists():
                    self._initialise()
                self._launch()

    def stop(self) -> bool:
        """Stop it, ending its sessions; whether it ran."""
        pid = self.pid
        if pid is None:
            return False
        os.kill(pid, signal.SIGINT)
        _wait_for_end(pid, self._home / "data")
        return True

    @property
    def _home(self) -> Path:
        """Where its files really are: within the folder when the server may enter that."""
        link = self.folder / "server"
        return Path(os.readlink(link)) if link.is_symlink() else link

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    def _pid_file(self) -> list[str]:
        try:
            return (self._home / "data" / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    @contextmanager
    def _starting(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _initialise(self) -> None:
        who = account()
        home = self._make_home(who)
        _private(self._password_file, secrets.token_urlsafe(24))
        given = _private(home / "given", self.password.reveal(), who)
        arguments = ("--auth=scram-sha-256", f"--pwfile={given}", f"--username={USER}")
        plain = ("--encoding=UTF8", "--locale=C", "--no-instructions")
        try:
            self._run("initdb", "-D", str(home / "data.new"), *arguments, *plain)
        finally:
            given.unlink()
        # Only a whole cluster gets the name: one whose making was cut short is made again.
        _remove(home / "data")
        (home / "data.new").rename(home / "data")

    def _make_home(self, who: Account) -> Path:
        link = self.folder / "server"
        if not link.is_symlink() and not link.exists():
            home = reachable(self.folder, who)
            if home != link:
                link.symlink_to(home)
        home = self._home
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        who.own(home)
        _remove(home / "data.new")
        return home

    def _run(self, program: str, *arguments: str) -> None:
        who = account()
        done = subprocess.run(
            [self._programs(who) / program, *arguments],
            capture_output=True,
            text=True,
            cwd=self._home,
            **who.as_keywords(),
        )
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines()
            raise ConnectionFailed(
                f"{program} of the embedded server failed: {'; '.join(lines[-3:])}", code="SK1303"
            )

    def _launch(self) -> None:
        who = account()
        _clear_stale(self._home / "data")
        settings = {**_SETTINGS, **self.settings, "port": str(_free_port())}
        given = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        log = self.log.open("ab")
        who.own(self.log)
        with log, _launches:
            _refuse_at_the_end()
            # A session of its own: Ctrl-C on a command must not stop what others use.
            process = subprocess.Popen(
                [self._programs(who) / "postgres", "-D", str(self._home / "data"), *given],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._home,
                start_new_session=True,
                **who.as_keywords(),
            )
            _launching[self.folder] = process
        self._await(process)
        del _launching[self.folder]

    def _programs(self, who: Account) -> Path:
        return self.programs or binaries(who)

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        from psycopg import Error, connect

        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(Error, OSError):
                if self.port is not None:
                    with connect(
                        **{**self.parameters(), "dbname": "postgres"}, autocommit=True
                    ) as it:
                        _ensure_database(it)
                    # It goes on without us: nobody waits for it any more.
                    process.returncode = 0
                    return
            time.sleep(0.02)
        tail = "; ".join(self.log.read_text(errors="replace").splitlines()[-3:])
        if process.poll() is None:
            process.kill()
            process.wait()
        raise ConnectionFailed(f"the embedded server did not start: {tail}", code="SK1304")


def _ensure_database(connection: Any) -> None:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
    if found.fetchone() is None:
        connection.execute(f"CREATE DATABASE {quote_identifier(DATABASE)}")
        # The role has the name of the schema of deliveries: by default that would come first.
        connection.execute(f"ALTER ROLE {quote_identifier(USER)} SET search_path = public")


_used: dict[Path, IO[str]] = {}
_using = threading.Lock()
_launching: dict[Path, subprocess.Popen[bytes]] = {}
"""Servers that do not say yet that they run."""
_launches = threading.Lock()
_over = threading.Event()
"""Whether this process ends, so that threads it leaves behind must start nothing."""


def server_of(name: str, root: Path) -> Server:
    """The server of a connection, running or not."""
    return Server(folder=root / ".seeknal" / "postgres" / name)


def running(name: str, root: Path, *, told: bool = False) -> Server:
    """The connection's server, running until the last process that asked for it has ended.

    ``told``: people are told of its start, which nobody of them has asked for.
    """
    server = server_of(name, root.resolve())
    with _using:
        if server.folder not in _used:
            _use(server)
        if server.port is None:
            start = awaited(f"start of the server of connection {name}")
            with start if told else nullcontext():
                server.start()
    return server


def _use(server: Server) -> None:
    """Let other processes see that this one uses it; several may."""
    _refuse_at_the_end()
    _ignore_in_git(server.folder.parents[1])
    server.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    use = (server.folder / "users.lock").open("w")
    fcntl.flock(use, fcntl.LOCK_SH)
    if not _used:
        atexit.register(release_all)
    _used[server.folder] = use


def _refuse_at_the_end() -> None:
    """Threads that a run left behind go on while the process ends, and nobody would stop it."""
    if _over.is_set():
        raise ConnectionFailed("the command that starts the server ends", code="SK1304")


def release_all() -> None:
    """Stop the servers that this process used and nobody else uses."""
    with _launches:
        _over.set()
    for folder, use in list(_used.items()):
        del _used[folder]
        with use:
            _stop_unless_used(Server(folder=folder), use)


def _stop_unless_used(server: Server, use: IO[str]) -> None:
    try:
        fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    if not kept(server).exists() and not server.stop():
        starting = _launching.get(server.folder)
        if starting is not None:
            starting.terminate()


def kept(server: Server) -> Path:
    """The file that says that the server stays when its last user has ended."""
    return server.folder / "kept"


def _ignore_in_git(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")


def _private(path: Path, text: str, who: Account | None = None) -> Path:
    """A file that only its owner reads, from its first byte on."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    if who is not None:
        who.own(path)
    return path


def _remove(folder: Path) -> None:
    import shutil

    if folder.exists():
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_server(pid: int, data: Path) -> bool:
    """Whether that process is a server on that data, and not another that got its number."""
    try:
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except PermissionError:
        return True
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    except OSError:
        return False
    return str(data).encode() in command


def _clear_stale(data: Path) -> None:
    """Remove the mark of a server that has ended, where the system still lists its process.

    A container without an init process keeps such numbers for ever, and PostgreSQL believes them.
    """
    marked = data / "postmaster.pid"
    try:
        number = marked.read_text().split("\n")[0]
        state = Path(f"/proc/{int(number)}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return
    if state != "Z":
        return
    deadline = time.monotonic() + START_TIMEOUT
    while any(_works_in(data)) and time.monotonic() < deadline:
        time.sleep(0.01)
    marked.unlink(missing_ok=True)


def _works_in(data: Path) -> Iterator[bool]:
    """Processes that outlived their server for a moment and may still write."""
    for process in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            if process.readlink() == data:
                yield True


def _wait_for_end(pid: int, data: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while _is_server(pid, data) and time.monotonic() < deadline:
        # Where it is our own child, nobody else asks how it ended.
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.01)
