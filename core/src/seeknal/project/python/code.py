"""The hash of a Python node: its function and all the code that its rows may depend on.

Code runs when a file is imported and when the function is called. What runs at import and may
change something counts whole, in every file that is imported; a statement that only binds names
counts when one of them is read by something that counts. What cannot be told counts as a whole
file with all that it imports, or as every Python file of the project.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from attrs import field, frozen

from seeknal.project.python.canonical import form_of
from seeknal.project.python.following import CodeWalk, Counted
from seeknal.project.python.module import without_ours
from seeknal.project.python.words import is_text

SCHEME = "python-2"
"""Changed when the same code would hash differently."""


@frozen(kw_only=True)
class Reached:
    """What a function's rows depend on in code.

    ``notes`` says why whole files were taken. ``trees`` is the syntax that it reaches by name,
    ``counted`` all that counts. ``outside`` says that files beside the folder ``seeknal/`` count,
    or might.
    """

    hash: str
    notes: tuple[str, ...] = ()
    trees: tuple[ast.AST, ...] = field(default=(), eq=False)
    counted: tuple[Counted, ...] = field(default=(), eq=False)
    outside: bool = False


def code_hash(path: Path, function: str, root: Path) -> tuple[str, tuple[str, ...]]:
    """The hash of ``function`` in ``path``, and why it covers whole files where it does."""
    reached = reach(path, function, root)
    return reached.hash, reached.notes


def reach(
    path: Path,
    function: str,
    root: Path,
    line: int = 0,
    versions: bool = True,
    ours: Mapping[str, str] | None = None,
) -> Reached:
    """All project code that ``function`` reaches, as one hash.

    ``line`` tells functions of one name apart. Without ``versions`` those of imported
    distributions do not count: the file says itself which it needs. ``ours`` are the file's
    names of our decorators, where it has them from helpers.
    """
    walk = CodeWalk(path, root, ours)
    walk.follow_function(function, line)
    parts = [SCHEME, *_forms(walk)]
    if versions:
        parts += [f"{name}=={_version(name)}" for name in sorted(walk.packages)]
    text = "\0".join(parts)
    return Reached(
        hash=sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        notes=tuple(dict.fromkeys(walk.notes)),
        trees=tuple(walk.trees),
        counted=tuple(walk.counted()),
        outside=walk.project.outside,
    )


@cache
def _version(package: str) -> str:
    """The version of the distribution that brings a top-level package."""
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        names = sorted(set(_distributions().get(package, ())))
        return ",".join(f"{name} {metadata.version(name)}" for name in names) or "unknown"


@cache
def _distributions() -> Mapping[str, list[str]]:
    from importlib import metadata

    return metadata.packages_distributions()


def _forms(walk: CodeWalk) -> Iterator[str]:
    """All that counts as text, file by file, in the order in which it runs."""
    matters = _files_that_do_something(walk)
    for module in sorted(walk.project, key=lambda entry: entry.label):
        if walk.wants_text and module.label in walk.loaded:
            yield f"{module.label}:{sha256(module.path.read_bytes()).hexdigest()}"
        imported: set[str] = set()
        for index, statement in enumerate(module.body):
            for label in walk.loads.get((module.label, index), ()):
                if label in matters and label not in imported:
                    imported.add(label)
                    yield f"{module.label}:imports {label}"
            for _, _, text in sorted(b for b in walk.bound if b[:2] == (module.label, index)):
                yield f"{module.label}:{text}"
            if (module.label, index) in walk.taken and (walk.wants_docs or not is_text(statement)):
                tree = without_ours(statement, module.ours)
                yield f"{module.label}:{_form(walk, tree)}"
    for entry in walk.extra:
        yield f"{entry.module.label}:{_form(walk, entry.tree)}"
    yield from sorted(walk.project.unread)


def _form(walk: CodeWalk, tree: ast.AST) -> str:
    return form_of(tree, types=walk.shows_types(tree), docs=walk.wants_docs)


def _files_that_do_something(walk: CodeWalk) -> set[str]:
    """Files whose import matters for what it does, or for what it imports in turn."""
    does = {module.label for module in walk.project if module.effects}
    while True:
        more = {
            label
            for (label, _), found in walk.loads.items()
            if label not in does and does.intersection(found)
        }
        if not more:
            return does
        does |= more
