"""Python files are read by several threads at once."""

import gc
import threading
import time
from pathlib import Path

import pytest

import seeknal.values.deliveries
from seeknal.project.python.syntax_tree import syntax_tree


@pytest.fixture
def often_elsewhere():
    """Other threads go on whenever garbage is looked for, which is all the time."""
    before, hand_over = gc.get_threshold(), lambda *_: time.sleep(0)
    gc.callbacks.append(hand_over)
    gc.set_threshold(50)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(hand_over)


def test_threads_that_parse_at_once_all_get_their_tree(often_elsewhere):
    source = Path(seeknal.values.deliveries.__file__).read_text()
    trees, errors = [], []

    def parse():
        try:
            trees.extend(len(syntax_tree(source).body) for _ in range(4))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=parse) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert len(trees) == 24
    assert len(set(trees)) == 1
