"""Whatever befalls a serving view while it is replaced, it serves, and another attempt ends it."""

import threading

import pytest
from tests.starrocks.delivering import drawn
from tests.starrocks.viewing import (
    FIRST,
    NEWER,
    ROWS,
    SECOND,
    STORIES,
    Board,
    Wanted,
    begin,
    cases,
    play,
    shown,
)

from seeknal.values.errors import RunError
from seeknal_starrocks.testing.engine import information

pytestmark = pytest.mark.inside

IN_CI = 24
CHANGES = ("CREATE", "ALTER", "DROP", "GRANT")


@pytest.fixture
def board(tmp_path):
    made = Board(tmp_path)
    yield made
    made.close()


def changes(board):
    return [text for text in board.server.log.statements if text.startswith(CHANGES)]


def test_it_is_made_refreshed_and_shows_what_the_query_gives(board):
    board.deliver(SECOND["swap"])

    assert board.held() == shown(SECOND["swap"], ROWS)
    assert board.views() == ["daily"]
    assert "date_trunc('day', `at`)" in board.written()


def test_delivered_again_it_is_only_refreshed(board):
    begin(board, "refresh")
    board.server.log.clear()

    board.deliver(FIRST)

    assert board.held() == shown(FIRST, NEWER)
    assert changes(board) == []


def test_another_query_takes_its_place_with_rights_and_with_what_is_on_top(board):
    begin(board, "swap")

    board.deliver(SECOND["swap"])

    assert board.held() == shown(SECOND["swap"], ROWS)
    assert board.readers() == {"'reader'@'%'", "analysts"}
    assert all(board.active().values())
    assert sorted(board.views()) == ["daily", "further", "on_top"]


def test_another_schedule_and_other_properties_are_set_on_it(board):
    begin(board, "alter")
    board.server.log.clear()

    board.deliver(SECOND["alter"])

    assert [text.split()[0] for text in changes(board)] == ["ALTER", "ALTER"]
    assert "EVERY(INTERVAL 5 MINUTE)" in board.written()
    assert '"mv_rewrite_staleness_second" = "60"' in board.written()


def test_a_property_that_is_gone_makes_it_anew(board):
    board.deliver(FIRST)

    board.deliver(Wanted())

    assert "mv_rewrite_staleness_second" not in board.written()
    assert board.views() == ["daily"]


def test_a_refresh_that_fails_leaves_the_old_one_serving(board):
    begin(board, "swap")
    board.server.faults.fail_refresh("out of memory")

    with pytest.raises(RunError, match="out of memory"):
        board.deliver(SECOND["swap"])

    assert board.held() == shown(FIRST, ROWS)
    assert sorted(board.views()) == ["daily", "further", "on_top"]
    assert all(board.active().values())


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE MATERIALIZED VIEW daily REFRESH MANUAL AS SELECT user_id FROM lake.raw.events",
        "CREATE VIEW daily AS SELECT user_id FROM lake.raw.events",
        "CREATE TABLE daily (id INT)",
    ],
)
def test_what_somebody_else_made_is_not_touched(board, statement):
    board.server.execute(statement, "marts")
    board.server.log.clear()

    with pytest.raises(RunError, match=r"marts\.daily"):
        board.deliver(FIRST)

    assert changes(board) == []


def test_another_projects_view_is_not_touched(board):
    board.deliver(FIRST)
    board.server.log.clear()

    with pytest.raises(RunError, match="shop"):
        board.deliver(SECOND["swap"], project="bank")

    assert changes(board) == []


def test_a_release_that_shows_no_comments_of_tables_tells_them_in_definitions(board, monkeypatch):
    tables = information._ROWS["tables"]
    hidden = lambda *given: ((*row[:-1], "") for row in tables(*given))  # noqa: E731
    monkeypatch.setitem(information._ROWS, "tables", hidden)
    begin(board, "swap")

    board.deliver(SECOND["swap"])

    assert board.held() == shown(SECOND["swap"], ROWS)
    assert sorted(board.views()) == ["daily", "further", "on_top"]


def test_who_looks_sees_the_view_of_before_or_that_of_after(board):
    begin(board, "swap")
    seen, ended = [], threading.Event()

    def look():
        while not ended.is_set():
            seen.append((board.held(), board.readers()))

    reader = threading.Thread(target=look)
    reader.start()
    board.deliver(SECOND["swap"])
    ended.set()
    reader.join()

    allowed = [shown(FIRST, ROWS), shown(SECOND["swap"], ROWS)]
    assert [rows for rows, _ in seen if rows not in allowed] == []
    assert {frozenset(readers) for _, readers in seen} == {frozenset(("'reader'@'%'", "analysts"))}


def test_whatever_befalls_it_it_serves_and_is_finished_by_the_next(tmp_path):
    found = cases(tmp_path)

    wrong = [f"{case}: {why}" for case in drawn(found, IN_CI, 1) if (why := play(case, tmp_path))]

    assert wrong == []
    assert min(sum(case.scene == story for case in found) for story in STORIES) >= 60


@pytest.mark.slow
def test_whatever_befalls_it_anywhere_it_serves_and_is_finished_by_the_next(tmp_path):
    wrong = [f"{case}: {why}" for case in cases(tmp_path) if (why := play(case, tmp_path))]

    assert wrong == []
