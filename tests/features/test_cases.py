"""What is drawn meets what joins of features go wrong at."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from tests.features.cases import FORMS, drawn, expected

pytestmark = pytest.mark.inside


@pytest.fixture(scope="module")
def cases():
    return [drawn(random.Random(seed)) for seed in range(250)]


@pytest.fixture(scope="module")
def answers(cases):
    return [(case, ask, expected(case.groups, ask)) for case in cases for ask in case.asks]


def test_every_refusal_is_met_and_most_questions_have_an_answer(answers):
    codes = Counter(code for _, _, answer in answers for code in answer.must)

    without = sum(not answer.must for _, _, answer in answers)

    assert {*codes} == {"SK1803", "SK1804", "SK1805", "SK1806", "SK1807"}
    assert min(codes.values()) >= 4
    assert without > 0.8 * len(answers)


def test_features_are_often_there_and_often_not(answers):
    rows = [
        row[len(ask.frame.columns) :]
        for _, ask, answer in answers
        if ask.frame and not answer.must
        for row in answer.rows
    ]

    there = sum(any(value is not None for value in row) for row in rows)

    assert 0.25 < there / len(rows) < 0.75


def test_entities_come_in_every_form(cases):
    forms = Counter(ask.form for case in cases for ask in case.asks if ask.frame)

    assert {*forms} == {*FORMS}
    assert min(forms.values()) >= 10


@pytest.mark.parametrize(
    "less",
    [{"ttl": None}, {"created_time": None}, {"timezone": None}],
    ids=["ttl", "created times", "zones"],
)
def test_answers_are_others_without(answers, less):
    """Each of what a group may say decides in many questions."""
    others = 0
    for case, ask, answer in answers:
        plain = [replace(each, **less) for each in case.groups]
        others += repr(expected(plain, ask)) != repr(answer)

    assert others > 40


def test_groups_are_of_every_kind(cases):
    kinds = Counter()
    for case in cases:
        for group in case.groups:
            by = group.made_by
            kinds["over events" if by is None else "by date" if by.date else "by moment"] += 1
            kinds["second"] += by is not None and by.second is not None
            kinds["timeless"] += group.event_time is None
            kinds["empty"] += not group.rows
            kinds["csv"] += group.written == "csv"
            kinds["composite"] += len(group.keys) > 1

    assert min(kinds.values()) >= 10, kinds
