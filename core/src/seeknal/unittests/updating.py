"""What tests expect, written anew as what comes out now; all else of their files stays."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.project.yaml_files import composed, read_texts
from seeknal.unittests.comparing import expected_names, held_against
from seeknal.unittests.reading import read_case
from seeknal.unittests.splicing import NewRow, OldRow, Splicer, Unwritable
from seeknal.unittests.yamltext import key, type_text, written
from seeknal.values.problems import Problems
from seeknal.values.secret import holds_secret

if TYPE_CHECKING:
    from seeknal.unittests.case import Case, Expected
    from seeknal.unittests.comparing import Difference
    from seeknal.unittests.running import Outcome
    from seeknal.unittests.splicing import Edit, Wanted
    from seeknal.unittests.types import Types

_BOM = "\ufeff"


@frozen(kw_only=True)
class Update:
    """A file with other expectations. ``refused`` are the tests that keep theirs, and why."""

    file: str
    path: Path
    before: str
    after: str
    updated: tuple[Case, ...] = ()
    refused: Mapping[str, str]

    def write(self) -> None:
        """Replace the file. Raises Unwritable when it is not what it was, or cannot be written."""
        path = self.path.resolve()
        try:
            if not os.access(path, os.W_OK) or not path.stat().st_mode & 0o222:
                raise Unwritable("the file may not be written to")
            if path.read_bytes() != self.before.encode():
                raise Unwritable("the file has changed meanwhile")
            _replace(path, self.after)
        except OSError as error:
            raise Unwritable(f"the file cannot be written: {error.strerror or error}") from None


def _replace(path: Path, text: str) -> None:
    from seeknal.host.files import replacing

    with replacing(path) as temporary:
        temporary.write_bytes(text.encode())
        shutil.copymode(path, temporary)


def update_of(root: Path, file: str, outcomes: Sequence[Outcome], types: Types) -> Update:
    """What becomes of a file whose tests ``outcomes`` have failed."""
    path = root / file
    refused: dict[str, str] = {}
    try:
        before = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        why = {each.case.name: f"the file cannot be read: {error}" for each in outcomes}
        return Update(file=file, path=path, before="", after="", refused=why)
    mark = _BOM if before.startswith(_BOM) else ""
    text = before.removeprefix(_BOM)
    updated = []
    for outcome in outcomes:
        try:
            text = _updated(text, file, outcome, types)
            updated.append(outcome.case)
        except Unwritable as error:
            refused[outcome.case.name] = str(error)
    return Update(
        file=file,
        path=path,
        before=before,
        after=mark + text,
        updated=tuple(updated),
        refused=refused,
    )


def _updated(text: str, file: str, outcome: Outcome, types: Types) -> str:
    """The text with the expectations of one test as what came out. Raises Unwritable."""
    if any(holds_secret(repr(each.answer.rows)) for each in outcome.differences.values()):
        raise Unwritable("what comes out has a secret in it")
    case = _read(text, file, outcome.case)
    root = next(
        (node for node in composed(text) if _names(node, case)),
        None,
    )
    if root is None:
        raise Unwritable("the test is made of an anchor's values")
    splicer, edits = Splicer(text), []
    for cte, difference in outcome.differences.items():
        if not difference.is_none:
            node = _expectation(splicer, root, cte)
            edits += _edits(splicer, node, case.expectations[cte], difference, types)
    after = splicer.edited(edits)
    _check(text, after, file, case, outcome, types)
    return after


def _read(text: str, file: str, case: Case) -> Case:
    """The test as the file has it now, which must be the one that was run."""
    problems = Problems()
    documents, wrong = read_texts(text, file)
    for document in documents:
        if isinstance(document.data, Mapping) and "test" in document.data:
            found = read_case(document, problems)
            # Others of the file may have been written anew, and have moved it.
            if found is not None and not wrong and _without_place(found) == _without_place(case):
                return found
    raise Unwritable("the file has changed meanwhile")


def _without_place(case: Case) -> Case:
    from attrs import evolve

    from seeknal.values.location import Location

    return evolve(case, location=Location(""))


def _names(node: Any, case: Case) -> bool:
    """Whether a document is that of the test."""
    place = case.location
    return (
        node is not None
        and node.id == "mapping"
        and any(
            key.value == "test"
            and (key.start_mark.line + 1, key.start_mark.column + 1) == (place.line, place.column)
            for key, _ in node.value
        )
    )


def _expectation(splicer: Splicer, root: Any, cte: str | None) -> Any:
    if cte is None:
        found = splicer.value(root, "expected_output")
    else:
        ctes = splicer.value(root, "ctes")
        found = None if ctes is None else splicer.value(ctes, cte)
    if found is None or found.id != "mapping":
        raise Unwritable("the test is made of an anchor's values")
    return found


def _edits(
    splicer: Splicer, node: Any, expected: Expected, difference: Difference, types: Types
) -> list[Edit]:
    edits = []
    if (count := splicer.value(node, "row_count")) is not None and expected.row_count is not None:
        actual = len(difference.answer.rows)
        if actual != expected.row_count:
            edits.append(splicer.scalar(count, str(actual)))
    if (columns := splicer.value(node, "columns")) is not None:
        edits += _columns(splicer, columns, expected, difference, types)
    if (rows := splicer.value(node, "rows")) is not None and expected.rows is not None:
        wanted = _wanted(expected, difference)
        if wanted is not None:
            edits += splicer.rows(node, rows, wanted)
    return edits


def _columns(
    splicer: Splicer, node: Any, expected: Expected, difference: Difference, types: Types
) -> list[Edit]:
    answer, old = difference.answer.columns, expected.columns or {}
    names = [name for name in old if name in answer] if expected.partial else list(answer)
    if node.id == "sequence":
        return [] if names == list(old) else [splicer.sequence(node, [key(name) for name in names])]
    said = {each.value: value for each, value in node.value}
    if names == list(old):
        return [
            splicer.scalar(value, type_text(answer[name].text, "'"))
            for name, value in said.items()
            if _is_other(old[name], answer[name].text, types)
        ]
    return [splicer.mapping(node, [(name, type_text(answer[name].text, "'")) for name in names])]


def _is_other(old: str | None, new: str, types: Types) -> bool:
    """Whether a type is another one, which may be spelled in many ways."""
    try:
        return old is not None and types.tree(old).text != new
    except ValueError:
        return True


def _wanted(expected: Expected, difference: Difference) -> Wanted | None:
    """The rows as they are to be; None where all are as they were."""
    assert expected.rows is not None
    answer, matching = difference.answer, difference.matching
    names = expected_names(expected) or ()
    known = [name for name in names if name in answer.columns]
    more = [] if expected.partial else [name for name in answer.columns if name not in names]
    gone = frozenset(name for name in expected.rows.names if name not in answer.columns)
    pairs = {other: one for one, other in (*matching.equal, *matching.changed)}
    changed = set(matching.changed)
    order = _order(expected, [*known, *more] if names else list(answer.columns), difference)
    found: dict[int, NewRow | OldRow] = {}
    for other, row in enumerate(answer.rows):
        cells = {
            name: partial(written, row[answer.place(name)], answer.columns[name]) for name in order
        }
        if (one := pairs.get(other)) is None:
            found[other] = NewRow({name: make() for name, make in cells.items()})
            continue
        columns = list(difference.columns)
        anew = (
            [columns[at] for at in difference.cells(one, other)] if (one, other) in changed else []
        )
        here = frozenset(gone.intersection(expected.rows.rows[one]))
        found[other] = OldRow(one, {name: cells[name] for name in (*anew, *more)}, here)
    if expected.ordered:
        return [found[other] for other in sorted(found)]
    old = sorted((row.place, row) for row in found.values() if isinstance(row, OldRow))
    new = [found[other] for other in sorted(found) if isinstance(found[other], NewRow)]
    return [*(row for _, row in old), *new]


def _order(expected: Expected, names: Sequence[str], difference: Difference) -> list[str]:
    """The order of values in new rows: that of the first row where it has all, or as they came."""
    assert expected.rows is not None
    first = [*expected.rows.rows[0]] if expected.rows.rows else []
    if set(first) == set(names):
        return first
    return [name for name in difference.answer.columns if name in names]


def _check(before: str, after: str, file: str, case: Case, outcome: Outcome, types: Types) -> None:
    """Raise Unwritable unless the test now expects what came out, and all else is as it was."""
    documents, wrong = read_texts(after, file)
    old, _ = read_texts(before, file)
    parted = outcome.differences.keys()
    if wrong or len(old) != len(documents):
        raise Unwritable("it cannot be written without changing more")
    for one, other in zip(old, documents, strict=True):
        is_it = (
            isinstance(one.data, Mapping)
            and one.data.get("test") is not None
            and (one.marks.key("test") == case.location)
        )
        parts = [each.data if not is_it else _without(each.data, parted) for each in (one, other)]
        if parts[0] != parts[1]:
            raise Unwritable("it cannot be written without changing more")
        if is_it:
            _check_expectations(read_case(other, Problems()), outcome, types)


def _without(data: Any, ctes: Any) -> Any:
    """The keys of a test but for what it expects."""
    left = dict(data)
    if None in ctes:
        left["expected_output"] = _kept(left.get("expected_output"))
    if isinstance(left.get("ctes"), Mapping):
        left["ctes"] = {
            name: _kept(value) if name in ctes else value for name, value in left["ctes"].items()
        }
    return left


def _kept(value: Any) -> Any:
    gone = ("rows", "row_count", "columns")
    if not isinstance(value, Mapping):
        return value
    return {"keys": list(value), **{key: each for key, each in value.items() if key not in gone}}


def _check_expectations(case: Case | None, outcome: Outcome, types: Types) -> None:
    if case is None:
        raise Unwritable("what came out cannot be written as a test reads it")
    for cte, difference in outcome.differences.items():
        expected = case.expectations[cte]
        if not held_against(expected, difference.answer, types.duckdb, types).is_none:
            raise Unwritable("what came out cannot be written as a test reads it")
