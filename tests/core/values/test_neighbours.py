"""seeknal runs beside no plugin and no seeknal of another major version."""

import os
import subprocess
import sys

import pytest

from seeknal import __version__

pytestmark = pytest.mark.inside

MODULE = "from seeknal.plugin import hookimpl\n"


@pytest.fixture
def installed(tmp_path):
    """A folder of site-packages in which distributions can be put."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "other_plugin.py").write_text(MODULE)

    def install(name, version, *, requires=(), plugin=True):
        info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {entry}" for entry in requires]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        if plugin:
            (info / "entry_points.txt").write_text("[seeknal]\nother = other_plugin\n")
        return folder

    return install


def seeknal(folder, *arguments, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "seeknal", *arguments],
        env={**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1", **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr.splitlines()


def test_a_plugin_of_an_older_major_version_is_refused_with_one_line(installed):
    folder = installed("seeknal-postgres", "2.13.0")

    code, _, err = seeknal(folder, "plugins")

    assert code == 2
    assert err[0] == (
        f"error[SK1004]: seeknal-postgres 2.13.0 is for seeknal 2, and this is {__version__}"
    )
    assert err[1].endswith("/plugins/seeknal-postgres")
    assert len(err) == 2


@pytest.mark.parametrize("asked", ["seeknal<3,>=2.0", "seeknal (~=2.4)", "seeknal[all]==2.*"])
def test_somebody_elses_plugin_is_refused_by_what_it_asks_for(installed, asked):
    folder = installed("acme-pipes", "0.4", requires=["attrs", asked])

    code, _, err = seeknal(folder, "plugins")

    assert code == 2
    assert err[0].startswith("error[SK1004]: acme-pipes 0.4 is for another seeknal: it asks for")
    assert "SEEKNAL_DISABLE_PLUGINS=other" in err[1]


@pytest.mark.parametrize(
    "asked",
    ["seeknal", "seeknal>=3.0,<3.1", "seeknal>=2", "seeknal>=2,<4", "seeknal!=3.0.1,<3.9.2"],
)
def test_a_plugin_that_asks_for_this_seeknal_is_loaded(installed, asked):
    folder = installed("acme-pipes", "0.4", requires=[asked])

    code, out, _ = seeknal(folder, "plugins")

    assert code == 0
    assert "acme-pipes" in out


def test_a_plugin_that_is_left_out_refuses_nothing(installed):
    folder = installed("seeknal-postgres", "2.13.0")

    code, out, _ = seeknal(folder, "plugins", SEEKNAL_DISABLE_PLUGINS="all")

    assert code == 0
    assert "2.13.0" not in out


def test_what_is_left_of_another_seeknal_is_refused_with_one_line(installed):
    folder = installed("seeknal", "2.13.0", plugin=False)
    (folder / "seeknal_project.yml").write_text("name: x\n")

    code, _, err = seeknal(folder, "run")

    assert code == 2
    assert err[0] == (
        f"error[SK1003]: seeknal 2.13.0 is installed beside this seeknal {__version__}: {folder}"
    )
    assert "pip uninstall seeknal" in err[1]


def test_a_refused_plugins_command_is_refused_as_well(installed):
    folder = installed("seeknal-postgres", "2.13.0")

    code, _, err = seeknal(folder, "other", "start")

    assert code == 2
    assert err[0].startswith("error[SK1004]: seeknal-postgres 2.13.0 is for seeknal 2")


def test_help_is_given_all_the_same(installed):
    folder = installed("seeknal-postgres", "2.13.0")

    code, out, err = seeknal(folder, "--help")

    assert code == 0
    assert "Run what has changed" in out
    assert "2.13.0" in err[0]
