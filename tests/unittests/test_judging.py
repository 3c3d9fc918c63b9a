"""The judge finds tests wanting whose rows nobody has thought about, and is content with others."""

import shutil

import pytest

from seeknal.plan.session import Request, load
from seeknal.values.errors import ProjectError
from tests.unittests.__main__ import main
from tests.unittests.cases import cases_in
from tests.unittests.commands import NOT_NEEDED
from tests.unittests.corpus import PROJECTS, at_its_moment, prepared
from tests.unittests.judging import Fate, judged, plainly
from tests.unittests.mutants import sample
from tests.unittests.naive import first_rows, random_rows
from tests.unittests.report import counted, good_enough, of_all, report, share
from tests.unittests.subjects import subjects_of

THOUGHTFUL = """
test: transform.paid_orders
inputs:
  source.orders:
    rows:
      - {order_id: 1, customer_id: 1, ordered_on: 2025-01-01, amount: 5, status: paid}
      - {order_id: 2, customer_id: 1, ordered_on: 2025-01-02, amount: 7, status: open}
      - {order_id: 3, customer_id: 9, ordered_on: 2025-01-02, amount: 7, status: paid}
  source.customers:
    rows:
      - {customer_id: 1, name: Ann, region: north}
expected_output:
  rows:
    - {order_id: 1, customer_id: 1, ordered_on: 2025-01-01, amount: 5, name: Ann, region: north}
"""
NODES = ("product_ranks", "active_customers", "contacts")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("judged")


def judge(project, nodes, choose, most):
    with project.stored() as stored:
        return [
            judged(subject, cases_in(choose(subject, stored), "a"), stored, plainly, most=most)
            for subject in project.subjects
            if subject.node.name in nodes
        ]


@pytest.mark.parametrize("choose", [first_rows, random_rows])
def test_rows_that_nobody_has_chosen_let_most_mistakes_pass(choose, folder):
    found = judge(prepared("shop", folder), NODES, choose, most=2)

    assert [each.unsound for each in found] == [None] * len(NODES)
    assert share(of_all(counted(found))) < 0.7
    assert not good_enough(found)


def test_rows_that_were_chosen_let_none_pass(folder):
    found = judge(prepared("minimal", folder), ["paid_orders"], lambda *_: THOUGHTFUL, most=9)

    assert share(of_all(counted(found))) == 1.0
    assert "all                       9" in report(found)


def test_mutants_that_give_the_same_rows_are_taken_out(folder):
    found = judge(prepared("minimal", folder), ["paid_orders"], lambda *_: THOUGHTFUL, most=9)

    taken_out = [each for each in found[0].verdicts if each.fate is Fate.EQUIVALENT]
    assert [each.mutant.kind for each in taken_out] == ["join type"]


def test_a_test_that_fails_without_a_mistake_catches_nothing(folder):
    wrong = THOUGHTFUL.replace("amount: 5, name", "amount: 6, name")

    found = judge(prepared("minimal", folder), ["paid_orders"], lambda *_: wrong, most=9)

    assert share(of_all(counted(found))) == 0.0
    assert "tests that fail without a mistake:" in report(found)


def test_a_node_without_a_test_has_all_its_mistakes_survive(folder):
    project = prepared("minimal", folder)
    with project.stored() as stored:
        found = [judged(subject, [], stored, plainly, most=9) for subject in project.subjects]

    assert share(of_all(counted(found))) == 0.0


def test_the_command_tells_what_survives_and_fails(folder, capsys):
    code = main(
        [
            *("--plain", "--choose", "tests.unittests.naive:first_rows", "--list"),
            *("--folder", str(folder), "--project", "minimal"),
            *("--nodes", "transform.revenue_by_region"),
        ]
    )

    assert code == 1
    assert "minimal transform.revenue_by_region: 5 of 5 caught" in capsys.readouterr().out


def reread(place, columns):
    """The queries of all nodes, as the files at a place say them; None where they are refused."""
    try:
        with at_its_moment():
            project = load(place, Request()).project
    except ProjectError:
        return None
    return {subject.id: subject.sql for subject in subjects_of("", project, columns)}


def wrongly_written(project, folder):
    """Mutants whose files do not say what the mutant does."""
    place = folder / f"{project.name}-changed"
    shutil.copytree(project.folder, place, ignore=NOT_NEEDED)
    for subject in project.subjects:
        some = sample(subject.mutants(), 1, "any")
        for mutant in some[:: max(1, len(some) // 3)]:
            ((file, text),) = subject.files(mutant).items()
            before = (place / file).read_text("utf-8")
            (place / file).write_text(text, "utf-8")
            try:
                found = reread(place, project.columns)
                if found is not None and found[subject.id] != mutant.sql:
                    yield subject.name, mutant
            finally:
                (place / file).write_text(before, "utf-8")


def test_the_file_of_a_node_says_what_its_mutant_does(folder):
    project = prepared("minimal", folder)

    assert [*wrongly_written(project, folder)] == []


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [name for name in PROJECTS if name != "minimal"])
def test_the_files_of_every_node_say_what_their_mutants_do(name, folder):
    project = prepared(name, folder)

    assert [*wrongly_written(project, folder)] == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("choose", ["first_rows", "random_rows"])
def test_of_all_that_people_break_such_rows_catch_less_than_half(choose, folder, capsys):
    code = main(["--plain", "--choose", f"tests.unittests.naive:{choose}", "--folder", str(folder)])

    last = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("all "))
    _, mutants, *_, percent = last.split()
    assert code == 1
    assert int(mutants) > 1500
    assert float(percent) < 50
