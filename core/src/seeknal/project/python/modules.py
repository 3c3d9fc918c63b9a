"""Importing a pipeline file in a namespace of its own, with the helpers that lie beside it."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from types import CodeType, ModuleType

from attrs import frozen

from seeknal.project.paths import root_above
from seeknal.project.python.decorators import Collector, Declaration, collectors

PREFIX = "_seeknal_pipelines_"
_importing = threading.RLock()


@frozen
class LoadedFile:
    """An imported pipeline file and what its decorators declared, in the order of the file.

    ``first`` and ``last`` are what it put on Python's path, before and after what was there.
    """

    module: ModuleType
    declarations: Sequence[Declaration]
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()

    def put_on_path(self) -> None:
        """Let its functions import what the file can, until the last of them has ended."""
        with _importing:
            sys.path[:0] = [entry for entry in self.first if entry not in sys.path]
            sys.path += [entry for entry in self.last if entry not in sys.path]


def load_file(path: Path) -> LoadedFile:
    """Import ``path`` afresh. Whatever its code raises is raised here."""
    with _importing, helpers_importable(path.parent):
        package = _package(path.parent)
        name = f"{package}.{path.stem}"
        collector = Collector()
        collectors.append(collector)
        before = list(sys.path)
        try:
            module = _execute(name, path)
        finally:
            collectors.pop()
        first, last = _added(before)
    own = [entry for entry in collector.declarations if _is_in(entry, path)]
    return LoadedFile(module, own, first, last)


def _added(before: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Entries of Python's path that are new, before and after the first that was there."""
    start = next((n for n, entry in enumerate(sys.path) if entry in before), len(sys.path))
    new = [(n < start, entry) for n, entry in enumerate(sys.path) if entry not in before]
    return tuple(e for is_first, e in new if is_first), tuple(e for is_f, e in new if not is_f)


def _is_in(declaration: Declaration, path: Path) -> bool:
    """Whether the function stands in the file itself, not in a helper that it imports."""
    return declaration.function.__code__.co_filename == str(path)


def _execute(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path, loader=_Loader(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        # What a file prints while it is imported is talk, not data.
        with contextlib.redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _package(folder: Path) -> str:
    """The name of the package that stands for ``folder``, begun anew."""
    name = PREFIX + sha256(str(folder).encode()).hexdigest()[:12]
    for known in [known for known in sys.modules if known.partition(".")[0] == name]:
        del sys.modules[known]
    package = ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package
    return name


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles what the file holds now: a stale or new ``.pyc`` never comes into it."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return compile(self.get_data(path), path, "exec", dont_inherit=True)


class _Helpers(importlib.abc.MetaPathFinder):
    """Finds the modules of ``folder``.

    It stands last, so that a helper never hides an installed module; modules of our own
    packages are found by it alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        folder = self.folder if path is None else Path(path[0]) if len(path) else self.folder
        if not folder.is_relative_to(self.folder):
            return None
        found = folder / fullname.rpartition(".")[2]
        if (init := found / "__init__.py").is_file():
            return importlib.util.spec_from_file_location(
                fullname,
                init,
                loader=_Loader(fullname, str(init)),
                submodule_search_locations=[str(found)],
            )
        file = found.with_suffix(".py")
        if not file.is_file():
            return None
        return importlib.util.spec_from_file_location(
            fullname, file, loader=_Loader(fullname, str(file))
        )


class _Relative(_Helpers):
    """The same for ``from .helpers import x``: only names below our own packages."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return super().find_spec(fullname, path, target) if fullname.startswith(PREFIX) else None


class _Elsewhere(importlib.abc.MetaPathFinder):
    """Finds the project's files that a changed ``sys.path`` leads to, as Python would.

    Only how they are loaded is ours: afresh, and leaving no ``.pyc`` behind.
    """

    def __init__(self, root: Path) -> None:
        self.inside = f"{root}{os.sep}"

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not any(f"{entry}{os.sep}".startswith(self.inside) for entry in path or sys.path):
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if found is None or not _is_own(found.origin, self.inside):
            return None
        if isinstance(found.loader, importlib.machinery.SourceFileLoader):
            found.loader = _Loader(fullname, str(found.origin))
        return found


def _is_own(file: str | None, inside: str) -> bool:
    return bool(file) and str(file).startswith(inside) and "site-packages" not in str(file)


_users = 0
_path: list[str] = []
"""Python's path as it was then."""
_known: set[str] = set()
"""Modules that were there before any file of a project was imported."""


@contextlib.contextmanager
def helpers_importable(folder: Path) -> Iterator[None]:
    """Let ``import helpers`` find files of ``folder``, and forget them when nobody needs them.

    Functions that run at the same time may each be in it.
    """
    global _users
    # First for our own packages, whose relative imports would else go through Python's cache.
    root = root_above(folder) or folder
    own, plain, elsewhere = _Relative(folder), _Helpers(folder), _Elsewhere(root)
    with _importing:
        if _users == 0:
            _known.clear()
            _known.update(sys.modules)
            _path[:] = sys.path
            importlib.invalidate_caches()
        _users += 1
        sys.meta_path.insert(0, elsewhere)
        sys.meta_path.insert(0, own)
        sys.meta_path.append(plain)
    try:
        yield
    finally:
        with _importing:
            _users -= 1
            sys.meta_path.remove(own)
            sys.meta_path.remove(elsewhere)
            sys.meta_path.remove(plain)
            _used.add(root)
            if _users == 0:
                sys.path[:] = [entry for entry in sys.path if entry in _path]
                _forget_helpers()


def _folders_of(module: ModuleType) -> list[str]:
    return [str(place) for place in getattr(module, "__path__", None) or ()]


_used: set[Path] = set()


def _forget_helpers() -> None:
    insides = [f"{folder}{os.sep}" for folder in _used]
    for name in sys.modules.keys() - _known:
        module = sys.modules[name]
        file = getattr(module, "__file__", None) or next(iter(_folders_of(module)), None)
        if not name.startswith(PREFIX) and any(_is_own(file, inside) for inside in insides):
            del sys.modules[name]
    _used.clear()
