"""What to type to install a distribution beside this seeknal.

No package index has ours yet, and a name that nobody holds there can be anybody's: what is said
leads to where this seeknal itself came from, a checkout, a folder of wheels or a repository.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

CORE = "seeknal"
OF_A_FILE = "pip install -r requirements.txt"
"""What a machine that is made anew for each run installs what the project names with."""


def install_command(*requirements: str) -> str:
    """The command that installs ``requirements``, such as ``numpy`` or ``NAME[EXTRA]``.

    Where nobody can tell from where, it says what to type in a checkout.
    """
    import shlex

    places = [_place(requirement) for requirement in requirements]
    if None in places:
        folders = [_checked_out(requirement) for requirement in requirements]
        return f"in a checkout of seeknal {_version()}: pip install {shlex.join(folders)}"
    return f"{_pip()} {shlex.join(place for place in places if place)}"


def _place(requirement: str) -> str | None:
    """What to give to pip: a folder, a wheel, an address, or the name of somebody else's."""
    name, extras = _split(requirement)
    if not is_ours(name):
        return requirement
    checkout = _source()
    if checkout is not None:
        return _folder(checkout, name, extras)
    origin = _direct_url() or {}
    if "vcs_info" in origin:
        commit = origin["vcs_info"]["commit_id"]
        return f"{name}{extras} @ git+{origin['url']}@{commit}#subdirectory={_below(name)}"
    path = _path(str(origin.get("url", "")))
    if path is None:
        return None
    if "dir_info" in origin:
        return _folder(path.parent, name, extras)
    wheel = path.with_name(f"{name.replace('-', '_')}-{_version()}-py3-none-any.whl")
    return f"{wheel}{extras}" if wheel.is_file() else None


def _split(requirement: str) -> tuple[str, str]:
    """The name and its extras, in brackets."""
    name, bracket, extras = requirement.partition("[")
    return name, bracket + extras


def is_ours(name: str) -> bool:
    """Whether a distribution of this name would be one of seeknal's own."""
    return name == CORE or name.startswith(f"{CORE}-")


def _below(name: str) -> str:
    """Where a distribution of ours is in a checkout."""
    return "core" if name == CORE else f"plugins/{name}"


def _checked_out(requirement: str) -> str:
    name, extras = _split(requirement)
    return f"./{_below(name)}{extras}" if is_ours(name) else requirement


def _folder(checkout: Path, name: str, extras: str) -> str | None:
    folder = checkout / _below(name)
    return f"{folder}{extras}" if (folder / "pyproject.toml").is_file() else None


def _source() -> Path | None:
    """The checkout that this very code runs in; None where it was built and copied."""
    checkout = Path(__file__).resolve().parents[4]
    return checkout if (checkout / "core" / "pyproject.toml").is_file() else None


def _direct_url() -> dict[str, Any] | None:
    """Where the installer says that it took seeknal from; None for a package index."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        text = distribution(CORE).read_text("direct_url.json")
        found = json.loads(text) if text else None
    except (PackageNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _path(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _pip() -> str:
    """How packages get to the Python that runs seeknal, which need not be the shell's."""
    import shlex
    import shutil

    if find_spec("pip") is None:
        return f"uv pip install --python {shlex.quote(sys.executable)}"
    found = shutil.which("pip")
    if found is not None and Path(found).parent == Path(sys.executable).parent:
        return "pip install"
    return f"{shlex.quote(sys.executable)} -m pip install"


def _version() -> str:
    from seeknal import __version__

    return __version__
