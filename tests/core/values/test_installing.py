"""What to type to get a distribution of ours, wherever this seeknal itself came from."""

import json
import shlex
import sys
from pathlib import Path

import pytest

from seeknal import __version__
from seeknal.kernel import installing

pytestmark = pytest.mark.inside

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture
def origin(monkeypatch):
    """Lets seeknal have been installed from what a direct_url.json says; None: from an index."""

    def install(direct_url):
        monkeypatch.setattr(installing, "_source", lambda: None)
        monkeypatch.setattr(installing, "_direct_url", lambda: direct_url)

    return install


def words(line):
    return shlex.split(line)


def test_a_checkout_names_the_plugins_folder_in_it():
    line = installing.install_command("seeknal-postgres[embedded]")

    assert words(line)[-1] == f"{CHECKOUT}/plugins/seeknal-postgres[embedded]"
    assert words(line)[-2] == "install"


def test_a_folder_that_was_installed_leads_to_the_others_of_its_checkout(origin):
    origin({"url": (CHECKOUT / "core").as_uri(), "dir_info": {}})

    line = installing.install_command("seeknal-audits", "seeknal-iceberg")

    assert words(line)[-2:] == [
        f"{CHECKOUT}/plugins/seeknal-audits",
        f"{CHECKOUT}/plugins/seeknal-iceberg",
    ]


def test_wheels_name_the_wheel_of_the_same_version_beside_them(origin, tmp_path):
    for version in ("2.9.0", __version__, "9.0.0"):
        (tmp_path / f"seeknal_postgres-{version}-py3-none-any.whl").touch()
    core = tmp_path / f"seeknal-{__version__}-py3-none-any.whl"
    origin({"url": core.as_uri(), "archive_info": {}})

    line = installing.install_command("seeknal-postgres[embedded]")

    wheel = tmp_path / f"seeknal_postgres-{__version__}-py3-none-any.whl"
    assert words(line)[-1] == f"{wheel}[embedded]"


def test_a_repository_names_its_commit(origin):
    url = {"url": "https://git.example/seeknal.git", "subdirectory": "core"}
    origin({**url, "vcs_info": {"vcs": "git", "commit_id": "abc123"}})

    line = installing.install_command("seeknal-audits[x]")

    assert words(line)[-1] == (
        "seeknal-audits[x] @ git+https://git.example/seeknal.git@abc123"
        "#subdirectory=plugins/seeknal-audits"
    )


@pytest.mark.parametrize(
    "direct_url",
    [
        None,
        {"url": "file:///nowhere/core", "dir_info": {}},
        {"url": "file:///nowhere/seeknal-3.0.0-py3-none-any.whl", "archive_info": {}},
        {"url": "https://example.com/seeknal-3.0.0-py3-none-any.whl", "archive_info": {}},
    ],
)
def test_where_nothing_is_known_no_name_is_given_that_an_index_would_answer(origin, direct_url):
    origin(direct_url)

    line = installing.install_command("seeknal-postgres[embedded]")

    assert line == (
        f"in a checkout of seeknal {__version__}:"
        " pip install './plugins/seeknal-postgres[embedded]'"
    )


def test_other_peoples_distributions_come_from_the_index():
    assert words(installing.install_command("uv"))[-2:] == ["install", "uv"]


def test_pip_is_that_of_the_python_that_runs_seeknal(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    elsewhere = installing.install_command("uv")

    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    here = installing.install_command("uv")

    assert words(elsewhere) == [sys.executable, "-m", "pip", "install", "uv"]
    assert here == "pip install uv"


def test_an_environment_without_pip_is_filled_by_uv(monkeypatch):
    monkeypatch.setattr(installing, "find_spec", lambda name: None)

    line = installing.install_command("uv")

    assert words(line) == ["uv", "pip", "install", "--python", sys.executable, "uv"]


def test_what_is_installed_is_read_from_its_metadata():
    from importlib.metadata import distribution

    text = distribution("seeknal").read_text("direct_url.json")
    if text is None:
        pytest.skip("seeknal was not installed from a folder or a file")

    assert installing._direct_url() == json.loads(text)
