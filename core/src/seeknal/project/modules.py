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

from seeknal.project.decorators import Collector, Declaration, collectors

PREFIX = "_seeknal_pipelines_"
_importing = threading.RLock()


@frozen
class LoadedFile:
    """An imported pipeline file and what its decorators declared, in the order of the file."""

    module: ModuleType
    declarations: Sequence[Declaration]


def load_file(path: Path) -> LoadedFile:
    """Import ``path`` afresh. Whatever its code raises is raised here."""
    with _importing, helpers_importable(path.parent):
        package = _package(path.parent)
        name = f"{package}.{path.stem}"
        collector = Collector()
        collectors.append(collector)
        try:
            module = _execute(name, path)
        finally:
            collectors.pop()
    own = [entry for entry in collector.declarations if _is_in(entry, path)]
    return LoadedFile(module, own)


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


_users = 0


@contextlib.contextmanager
def helpers_importable(folder: Path) -> Iterator[None]:
    """Let ``import helpers`` find files of ``folder``, and forget them when nobody needs them.

    Functions that run at the same time may each be in it.
    """
    global _users
    # First for our own packages, whose relative imports would else go through Python's cache.
    own, plain = _Relative(folder), _Helpers(folder)
    with _importing:
        _users += 1
        sys.meta_path.insert(0, own)
        sys.meta_path.append(plain)
    try:
        yield
    finally:
        with _importing:
            _users -= 1
            sys.meta_path.remove(own)
            sys.meta_path.remove(plain)
            _used.add(folder)
            if _users == 0:
                _forget_helpers()


_used: set[Path] = set()


def _forget_helpers() -> None:
    folders = tuple(f"{folder}{os.sep}" for folder in _used)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and not name.startswith(PREFIX) and file.startswith(folders):
            del sys.modules[name]
    _used.clear()
