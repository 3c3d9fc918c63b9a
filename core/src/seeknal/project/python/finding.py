"""Where the modules of a project lie, by the names under which its code imports them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.host.walk import python_files
from seeknal.project.python.module import read_module

if TYPE_CHECKING:
    from seeknal.project.python.module import Module


class ProjectModules:
    """The Python files of a project that were asked for, beginning with one pipeline file.

    ``unread`` has the hashes of what Python runs and that is no text. ``outside`` says that files
    beside the folder ``seeknal/`` were found, or might have been.
    """

    def __init__(self, path: Path, root: Path, ours: Mapping[str, str] | None) -> None:
        self.root = root.resolve()
        self.folder = path.parent
        self.main = read_module(path, "", ours)
        self.modules: dict[Path, Module] = {path.resolve(): self.main}
        self.unread: set[str] = set()
        self.outside = False
        self._paths: dict[str, list[str]] | None = None

    def __iter__(self) -> Iterator[Module]:
        return iter(list(self.modules.values()))

    def find(self, module: Module, name: str, level: int) -> list[Module]:
        """The project's files that a module's name may mean."""
        return [self.module(file) for file in self.found(module, name, level)]

    def found(self, module: Module, name: str, level: int) -> list[Path]:
        parts = name.split(".") if name else []
        if level:
            folders = [module.path.parent, *module.path.parent.parents][level - 1 : level]
            return [file for folder in folders for file in self.files(folder.joinpath(*parts))]
        if not parts or parts[0] == "seeknal":
            return []
        beside = self.files(self.folder.joinpath(*parts))
        if parts[0] in sys.stdlib_module_names:
            return beside
        return list(dict.fromkeys([*beside, *self.on_the_path(parts, bool(beside))]))

    def on_the_path(self, parts: list[str], beside: bool) -> list[Path]:
        """Files that a change of ``sys.path``, or how Python was started, makes importable."""
        spec = None
        with suppress(Exception):
            spec = importlib.util.find_spec(parts[0])
        places = [spec.origin, *(spec.submodule_search_locations or ())] if spec else []
        if spec and spec.origin and self.is_own(spec.origin) and not spec.origin.endswith(".py"):
            self.count_bytes(Path(spec.origin))
        if any(self.is_own(place) for place in places if place):
            self.outside = True
        elif (spec is not None or beside) and not self.seeks_elsewhere():
            # Installed, or beside the pipeline: another of the name is found only if it is sought.
            return []
        wanted = "/".join(parts)
        self.outside = True
        return [
            file
            for folder in self.folders_with(parts[0])
            for file in self.files(self.root / folder / wanted)
        ]

    def count_bytes(self, path: Path) -> None:
        """A file that Python runs and that is no text, or not Python's."""
        with suppress(OSError):
            digest = sha256(path.read_bytes()).hexdigest()
            self.unread.add(f"{path.relative_to(self.root).as_posix()}:{digest}")

    def is_own(self, place: str) -> bool:
        path = Path(place)
        return path.is_relative_to(self.root) and "site-packages" not in path.parts

    def seeks_elsewhere(self) -> bool:
        return any(
            b"sys" in data and b"path" in data and (b"sys.path" in data or b"import path" in data)
            for data in self.sources()
        )

    def sources(self) -> Iterator[bytes]:
        for module in self:
            with suppress(OSError):
                yield module.path.read_bytes()

    def folders_with(self, top: str) -> list[str]:
        """Folders of the project in which a module of that name lies."""
        if self._paths is None:
            self._paths = {}
            for name in python_files(self.root):
                *folders, file = name.split("/")
                chain = [*folders, file.removesuffix(".py")]
                for place, part in enumerate(chain):
                    found = self._paths.setdefault(part, [])
                    folder = "/".join(chain[:place])
                    if folder not in found:
                        found.append(folder)
        return self._paths.get(top, [])

    def files(self, base: Path) -> list[Path]:
        """``base`` as a module's file: a package wins over a file of its name."""
        for file in (base / "__init__.py", base.with_name(f"{base.name}.py")):
            if file.is_file() and file.resolve().is_relative_to(self.root):
                return [file]
        return []

    def module(self, file: Path) -> Module:
        key = file.resolve()
        if key not in self.modules:
            label = key.relative_to(self.root).as_posix()
            self.modules[key] = read_module(file, label)
        return self.modules[key]
