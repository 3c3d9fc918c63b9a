"""Random models, data and queries from a seed; a failing one is shrunk to a case that runs alone.

``python -m tests.semantic.drawing --seeds 0:2000 --answer MODULE:FUNCTION`` judges an answerer by
the reference: equal, or refused by both. It counts refusals by reason and prints each difference
as YAML, which can be put into ``cases/`` as it is.
"""

import argparse
import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

import yaml

from tests.semantic.drawn_queries import draw_query
from tests.semantic.drawn_worlds import draw_world
from tests.semantic.oracle import Case, Refusal, Rows, by_reference, differ
from tests.semantic.reference import Unjudged

Answerer = Callable[[Case], Rows | Refusal]


def draw(seed: int) -> Case:
    """The case of a seed, always the same."""
    random = Random(seed)
    project, tables, settings = draw_world(random)
    return Case(
        name=f"drawn from {seed}",
        project=project,
        tables=tables,
        query=draw_query(random, project),
        settings=settings,
    )


def pruned(case: Case) -> Case:
    """The case without the metrics and saved queries that its query does not take."""
    words = [str(case.query)]
    kept = []
    for document in reversed(case.project):
        if document["kind"] in ("metric", "saved_query"):
            if not any(re.search(rf"\b{document['name']}\b", one) for one in words):
                continue
            words.append(str({key: document[key] for key in document if key != "name"}))
        kept.insert(0, document)
    return replace(case, project=kept)


def verdict(case: Case, answer: Answerer) -> str:
    """``equal``, ``refused: why``, ``unjudged``, or what is wrong with an answer."""
    try:
        right = by_reference(case)
    except Unjudged:
        return "unjudged"
    found = answer(case)
    if isinstance(right, Refusal) and isinstance(found, Refusal):
        return f"refused: {right.reason}"
    if isinstance(found, Refusal):
        return f"wrongly refused: {found.reason}: {found.message}"
    if isinstance(right, Refusal):
        return f"wrongly answered: {right.reason}: {right.message}"
    if found.columns != right.columns:
        return f"other columns: {found.columns}, not {right.columns}"
    difference = differ(found, right, case.query.get("limit"))
    return "equal" if difference is None else f"other rows: {difference}"


def is_wrong(said: str) -> bool:
    return said.startswith(("wrongly", "other"))


def shrink(case: Case, fails: Callable[[Case], bool]) -> Case:
    """The case with everything left out that it fails without."""
    while True:
        before = case
        for part in (smaller_queries, smaller_tables, smaller_projects, smaller_settings):
            case = shrink_part(case, part, fails)
        if case == before:
            return case


def shrink_part(case: Case, part, fails) -> Case:
    """The case after each thing of one part was left out if it could be."""
    at = 0
    while at < len(candidates := list(part(case))):
        if fails(candidates[at]):
            case = candidates[at]
        else:
            at += 1
    return case


def smaller_queries(case: Case) -> Iterator[Case]:
    for query in without_one(case.query):
        yield replace(case, query=query)


def smaller_projects(case: Case) -> Iterator[Case]:
    for project in without_one(case.project):
        yield replace(case, project=project)


def smaller_settings(case: Case) -> Iterator[Case]:
    for settings in without_one(case.settings):
        yield replace(case, settings=settings)


def smaller_tables(case: Case) -> Iterator[Case]:
    """Without a table, without half of its rows, without one."""
    for name, text in case.tables.items():
        yield replace(case, tables={k: v for k, v in case.tables.items() if k != name})
        header, *lines = text.strip().splitlines()
        for count in sorted({len(lines), len(lines) // 2, 1} - {0}, reverse=True):
            for at in range(0, len(lines), count):
                kept = "\n".join([header, *lines[:at], *lines[at + count :]]) + "\n"
                yield replace(case, tables={**case.tables, name: kept})


def without_one(value) -> Iterator:
    """A tree with one entry of one of its lists or mappings left out, outermost first."""
    if isinstance(value, dict):
        for key in value:
            yield {one: part for one, part in value.items() if one != key}
        for key, part in value.items():
            for smaller in without_one(part):
                yield {**value, key: smaller}
    elif isinstance(value, list):
        for at in range(len(value)):
            yield [*value[:at], *value[at + 1 :]]
        for at, part in enumerate(value):
            for smaller in without_one(part):
                yield [*value[:at], smaller, *value[at + 1 :]]


def as_yaml(case: Case) -> str:
    """A case file with this case in it."""

    class Dumper(yaml.SafeDumper):
        pass

    def text(dumper, value):
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    entry = {"name": case.name, "settings": case.settings, "query": case.query}
    document = {"project": case.project, "tables": case.tables, "cases": [entry]}
    return yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=200)


def fails_alike(answer: Answerer, said: str) -> Callable[[Case], bool]:
    """Whether a case fails in the same way; one that breaks the reference does not."""

    def fails(case: Case) -> bool:
        try:
            now = verdict(case, answer)
        except Exception:
            return False
        return is_wrong(now) and now.split(":")[:1] == said.split(":")[:1]

    return fails


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0:200", help="first and last, as 0:200")
    parser.add_argument("--answer", default="tests.semantic.oracle:by_reference")
    options = parser.parse_args()
    module, _, function = options.answer.partition(":")
    answer = getattr(importlib.import_module(module), function)
    counts = Counter()
    for seed in range(*map(int, options.seeds.split(":"))):
        case = draw(seed)
        said = verdict(case, answer)
        counts[" ".join(said.split(":")[:2]) if not is_wrong(said) else said.split(":")[0]] += 1
        if is_wrong(said):
            small = shrink(case, fails_alike(answer, said))
            print(f"# seed {seed}: {verdict(small, answer)}\n{as_yaml(small)}")
    for said, count in counts.most_common():
        print(f"{count:6} {said}")


if __name__ == "__main__":
    main()
