"""What Python code learns of the machine counts: the node runs again, or each time."""

import pytest
from tests.core.python.mutants import MAIN, PIPELINES, PROJECT, Made
from tests.core.python.test_mutants import plugins, standing_of

from seeknal.project.loader import load_project

NODE = """
import datetime
import getpass
import locale
import os
import os as o
import os.path as way
import platform
import posixpath
import seeknal
import socket
import sys
import tempfile
import time
from os import path
from os.path import expandvars
from pathlib import Path
from seeknal import open_project, transform
from time import localtime as lt

@transform(name="n")
def n(ctx):
    name = "x"
    return [{"v": str(%s)}]
"""


@pytest.fixture
def node_of(tmp_path):
    def load(value):
        (tmp_path / PIPELINES).mkdir(parents=True, exist_ok=True)
        (tmp_path / PROJECT).write_text("name: p\n")
        (tmp_path / MAIN).write_text(NODE % value)
        (node,) = load_project(tmp_path, plugins()).nodes.values()
        return node

    return load


@pytest.mark.parametrize(
    ("value", "variable"),
    [
        ("os.path.expandvars('$MYV/a')", "MYV"),
        ("o.path.expandvars('a-${MYV}-b')", "MYV"),
        ("way.expandvars(b'$MYV')", "MYV"),
        ("path.expandvars('$OTHER and $MYV')", "MYV"),
        ("expandvars('$MYV')", "MYV"),
        ("posixpath.expandvars('$MYV')", "MYV"),
        ("os.path.expanduser('~')", "HOME"),
        ("list(map(os.path.expanduser, ['~/a']))", "HOME"),
        ("os.path.expanduser(name)", "HOME"),
        ("Path.home()", "HOME"),
        ("Path('~/a').expanduser()", "HOME"),
        ("Path(name).expanduser()", "HOME"),
        ("tempfile.gettempdir()", "TMPDIR"),
        ("time.localtime(0)", "TZ"),
        ("lt(0)", "TZ"),
        ("time.strftime('%%H', time.gmtime(0))", "TZ"),
        ("(time.tzset(), time.tzname)", "TZ"),
        ("datetime.datetime.fromtimestamp(0)", "TZ"),
        ("datetime.datetime(2020, 1, 1).timestamp()", "TZ"),
        ("datetime.datetime(2020, 1, 1).astimezone()", "TZ"),
        ("locale.getlocale()", "LC_ALL"),
        ("getattr(time, 'localtime')(0)", "TZ"),
    ],
)
def test_a_variable_that_python_s_library_reads_counts(tmp_path, node_of, value, variable):
    node_of(value)
    made = Made()

    standing = []
    for made.env in ({variable: "/a"}, {variable: "/b"}, {variable: "/a"}):
        standing.append(standing_of(tmp_path, made))

    assert None not in standing
    assert standing[0] == standing[2] != standing[1]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("os.path.expandvars(name)", "environment variables whose names are computed"),
        ("os.path.expandvars(f'$MYV/{name}')", "environment variables whose names are computed"),
        ("list(map(expandvars, ['$MYV']))", "environment variables whose names are computed"),
        ("getattr(os, 'environ')['A']", "environment variables whose names are computed"),
        ("getpass.getuser()", "getpass.getuser"),
        ("sys.argv", "sys.argv"),
        ("os.getcwd()", "os.getcwd"),
        ("getattr(os, 'getcwd')()", "os.getcwd"),
        ("Path.cwd()", "pathlib.Path.cwd"),
        ("Path().resolve()", "Path().resolve()"),
        ("Path('.').absolute()", "Path('.').absolute()"),
        ("os.path.abspath('.')", "os.path.abspath"),
        ("os.uname().nodename", "os.uname"),
        ("platform.node()", "platform.node"),
        ("socket.gethostname()", "socket.gethostname"),
        ("seeknal.open_project('.').sql('FROM a').fetchall()", "seeknal.open_project"),
        ("open_project('.').table('transform.a')", "seeknal.open_project"),
        ("getattr(seeknal, 'open_project')('.')", "seeknal.open_project"),
        (
            "__import__('seeknal.query.opened').query.opened.open_project('.')",
            "seeknal.query.opened",
        ),
        ("__import__('os').getcwd()", "os.getcwd"),
    ],
)
def test_what_the_machine_or_stored_rows_say_makes_a_node_run_each_time(node_of, value, why):
    node = node_of(value)

    assert why in str(node.volatile)
    assert f"({MAIN.rpartition('/')[2]}, line 24)" in str(node.volatile)


@pytest.mark.parametrize(
    "value",
    [
        "os.path.expanduser('data/a')",
        "Path('data/a').expanduser()",
        "Path(__file__).resolve().name",
        "os.path.abspath(__file__)",
        "[platform for platform in 'ab']",
        "locale.LC_ALL",
    ],
)
def test_what_says_nothing_of_the_machine_leaves_the_node_alone(node_of, value):
    node = node_of(value)

    assert (node.volatile, node.env) == (None, ())


@pytest.mark.parametrize(
    "value",
    [
        "open(b'data/a').read()",
        "open(b'data/' + b'a').read()",
        "os.listdir(b'data')",
        "open(os.fsencode('data/a')).read()",
        "Path(os.fsdecode(b'data/a')).read_text()",
        "open('data/a'.encode()).read()",
        "open(bytes('data/a', 'utf-8')).read()",
        "open(str(b'data/a', 'utf-8')).read()",
        "[open(each).read() for each in (b'data/a', b'data/b')]",
    ],
)
def test_a_file_that_bytes_name_counts(tmp_path, node_of, value):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").write_text("1")
    node_of(value)

    first = standing_of(tmp_path, Made())
    (tmp_path / "data" / "a").write_text("22")
    second = standing_of(tmp_path, Made())

    assert None not in (first, second)
    assert first != second


def test_bytes_that_are_no_text_are_no_known_file(node_of):
    assert "a path that is computed" in str(node_of(r"open(b'data/\xff').read()").volatile)
