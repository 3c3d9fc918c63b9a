"""Every line that tells to install something is typed in a clean environment, and does."""

from __future__ import annotations

import shlex

import pytest
from tests.docs.installs import asked_in_messages, lines

pytestmark = [pytest.mark.wheels, pytest.mark.slow, pytest.mark.timeout(900)]

ON_PAGES = sorted({line.command for line in lines() if line.requirements != ["."]})
"""What is installed into a plugin's own folder is typed with the rest of its page."""
PLUGINS = (
    *("seeknal-audits", "seeknal-iceberg", "seeknal-postgres", "seeknal-semantic"),
    "seeknal-starrocks",
)
IN_MESSAGES = sorted({*(asked[0] for _, asked in asked_in_messages() if asked), *PLUGINS})
ASK = "from seeknal.kernel.installing import install_command; print(install_command({!r}))"
HOLDS = "from seeknal.cli.examples import _is_installed; print(_is_installed({!r}))"


def name_of(requirement):
    """The distribution and its extras that a folder or a wheel in a line stands for."""
    place, bracket, extras = requirement.partition("[")
    last = place.rstrip("/").rpartition("/")[2]
    name = "seeknal" if last == "core" else last.partition("-3.")[0].replace("_", "-")
    return name + bracket + extras


@pytest.mark.parametrize("line", ON_PAGES)
def test_a_line_of_a_page_installs_in_a_checkout(checkout, core_wheel, clean, line):
    asked = [word for word in shlex.split(line)[2:] if not word.startswith("-")]
    environment = clean(*([] if any("core" in word for word in asked) else [core_wheel]))

    done = environment.type(line, checkout)

    assert done.returncode == 0, done.stdout + done.stderr
    assert environment.call("seeknal", "--version") == "seeknal 3.0.0\n"
    assert [environment.call("python", "-c", HOLDS.format(name_of(word))) for word in asked] == [
        "True\n"
    ] * len(asked)
    environment.call("seeknal", "plugins")


@pytest.fixture(scope="module")
def from_wheels(core_wheel, clean):
    """An environment that holds core from a folder of wheels."""
    return clean(core_wheel)


@pytest.fixture(scope="module")
def from_a_checkout(checkout, clean):
    """An environment that holds core, installed from its folder."""
    return clean(checkout / "core")


@pytest.mark.parametrize("origin", ["from_wheels", "from_a_checkout"])
@pytest.mark.parametrize("requirement", IN_MESSAGES)
def test_the_line_of_a_message_installs(request, tmp_path, origin, requirement):
    environment = request.getfixturevalue(origin)
    line = environment.call("python", "-c", ASK.format(requirement)).strip()

    done = environment.type(line, tmp_path)

    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    assert environment.call("python", "-c", HOLDS.format(requirement)) == "True\n"
    assert environment.call("seeknal", "--version") == "seeknal 3.0.0\n"
