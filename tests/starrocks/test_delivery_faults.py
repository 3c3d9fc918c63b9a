"""Whatever befalls a delivery, no row is wrong, lost or doubled, and another attempt ends it."""

import http.server
import threading

import pytest
from tests.starrocks.delivering import (
    FIRST,
    MODES,
    PASSWORD,
    SECOND,
    THIRD,
    Shop,
    after,
    cases,
    drawn,
    play,
)

from seeknal.values.errors import RunError

pytestmark = pytest.mark.inside

IN_CI = 20
"""Cases of each mode; all of them are slow."""


@pytest.fixture
def shop(tmp_path):
    made = []

    def make(mode):
        made.append(Shop(mode, tmp_path))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("mode", MODES)
def test_deliveries_follow_each_other(shop, mode):
    told = shop(mode)

    for number, rows in enumerate((FIRST, SECOND, THIRD), 1):
        told.deliver(rows, number)

    assert told.held() == after(mode, FIRST, SECOND, THIRD)
    assert told.tables() == ["told"]


@pytest.mark.parametrize("mode", MODES)
def test_readers_see_the_rows_of_before_or_those_of_after(shop, mode):
    told = shop(mode)
    told.deliver(FIRST, 1)
    seen, ended = [], threading.Event()

    def look():
        while not ended.is_set():
            seen.append(told.held())

    reader = threading.Thread(target=look)
    reader.start()
    told.deliver(SECOND, 2)
    ended.set()
    reader.join()

    assert [
        rows for rows in seen if rows not in (after(mode, FIRST), after(mode, FIRST, SECOND))
    ] == []


@pytest.mark.parametrize("mode", MODES)
def test_whatever_befalls_a_delivery_no_row_is_wrong(mode, tmp_path):
    found = cases(mode, tmp_path)

    wrong = [f"{case}: {why}" for case in drawn(found, IN_CI, 1) if (why := play(case, tmp_path))]

    assert wrong == []
    assert len(found) >= 60


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("mode", MODES)
def test_whatever_befalls_a_delivery_anywhere_no_row_is_wrong(mode, tmp_path):
    found = cases(mode, tmp_path)

    wrong = [f"{case}: {why}" for case in found if (why := play(case, tmp_path))]

    assert wrong == []


@pytest.mark.parametrize("mode", MODES)
def test_a_stranger_that_loads_are_sent_to_gets_no_password(shop, mode):
    asked = []

    class Stranger(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            asked.append(dict(self.headers))
            self.send_error(500)

        do_POST = do_PUT

        def log_message(self, *_):
            """It is silent."""

    stranger = http.server.HTTPServer(("127.0.0.1", 0), Stranger)
    threading.Thread(target=stranger.serve_forever, daemon=True).start()
    told = shop(mode)
    told.deliver(FIRST, 1)
    told.server.faults.redirect_to = f"127.0.0.2:{stranger.server_address[1]}"

    with pytest.raises(RunError) as caught:
        told.deliver(SECOND, 2)

    stranger.shutdown()
    stranger.server_close()
    assert asked == []
    assert "127.0.0.2" in caught.value.message
    assert PASSWORD not in f"{caught.value.message} {caught.value.help}"
    assert told.held() == after(mode, FIRST)
