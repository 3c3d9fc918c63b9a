"""Names, folders and options with odd characters arrive as they are, in every format."""

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from seeknal.scheduling.export.formats import FORMATS
from seeknal.scheduling.export.jobs import refuse_breaks
from seeknal.values.errors import UsageError
from seeknal.values.names import NodeId
from tests.scheduling.exported import export_of, rendered

ODD = "ab '\"\\$%`{}#&;|<>()*?!~=:,.-_@[]^ü😀"
texts = st.text(ODD, min_size=1, max_size=12)
folders = texts.filter(lambda text: text.strip(". ") and text[-1] not in " \\")
SCHEDULE = "0 6 * * * Europe/Berlin"
CATCHER = """#!{python} -S
import json, os, sys
print(json.dumps([os.getcwd(), sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("place")


def caught(folder):
    """A program in a folder that prints where it is started, and with what."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "seeknal"
    program.write_text(CATCHER.format(python=sys.executable))
    program.chmod(0o755)
    return str(program)


def arguments_of(export):
    return list(export.run(export.jobs[0]))


@settings(max_examples=12, deadline=None, derandomize=True)
@given(name=folders, option=texts)
def test_a_line_of_cron_starts_what_is_meant(place, name, option):
    folder = place / name
    export = export_of(
        SCHEDULE,
        options=("--var", f"a={option}"),
        folder=folder,
        program=(caught(folder),),
        timezone="Europe/Berlin",
    )

    (file,) = FORMATS["crontab"].render(export)

    line = file.text.splitlines()[-1]
    command = as_cron_reads(line.split(maxsplit=5)[5])
    where, words = json.loads(subprocess.check_output(["/bin/sh", "-c", command]))
    assert where == str(folder)
    assert words == [*arguments_of(export), "--quiet", "--lock-timeout", "1h"]


def as_cron_reads(command):
    """What of a line cron hands to the shell: all to a % that no backslash stands before."""
    found, escaped = [], False
    for character in command:
        if escaped and character == "%":
            found.pop()
        elif character == "%":
            break
        found.append(character)
        escaped = character == "\\" and not escaped
    return "".join(found)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(name=folders, option=texts)
def test_a_service_starts_what_is_meant(place, name, option):
    folder = place / name
    program = str(folder / "seeknal")
    export = export_of(
        SCHEDULE, options=("--var", f"a={option}"), folder=folder, program=(program,)
    )

    service, _ = FORMATS["systemd"].render(export)

    said = dict(line.split("=", 1) for line in service.text.splitlines() if "=" in line)
    assert said["WorkingDirectory"].replace("%%", "%") == str(folder)
    words = [
        as_systemd_reads(word) for word in re.findall(r'"((?:[^"\\]|\\.)*)"', said["ExecStart"])
    ]
    assert words[0] == program
    assert [word.replace("$$", "$") for word in words[1:]] == [
        *arguments_of(export),
        *("--lock-timeout", "1h"),
    ]
    # Every one of them stands twice, or it would be a variable or a specifier.
    assert "$" not in "".join(words[1:]).replace("$$", "")


def as_systemd_reads(word):
    unescaped = re.sub(r"\\(.)", r"\1", word)
    assert "%" not in unescaped.replace("%%", "")
    return unescaped.replace("%%", "%")


@settings(max_examples=12, deadline=None, derandomize=True)
@given(project=texts, name=folders, option=texts, node=texts)
def test_a_file_of_dags_holds_data_that_is_what_is_meant(project, name, option, node):
    folder = Path("/srv") / name
    export = export_of(SCHEDULE, options=("--var", f"a={option}"), folder=folder, project=project)

    (file,) = FORMATS["airflow"].render(export)

    said = {
        line.targets[0].id: ast.literal_eval(line.value)
        for line in ast.parse(file.text).body
        if isinstance(line, ast.Assign)
    }
    assert said["FOLDER"] == str(folder)
    (job,) = said["JOBS"]
    assert job["arguments"] == [*arguments_of(export), "--lock-timeout", "1h"]
    assert re.fullmatch(r"[a-z0-9-]+", job["dag_id"])
    command = shlex.join([*said["PROGRAM"], *job["arguments"]])
    assert shlex.split(command) == [*export.program, *job["arguments"]]


@settings(max_examples=12, deadline=None, derandomize=True)
@given(project=texts, name=folders, option=texts)
def test_a_workflow_starts_what_is_meant(place, project, name, option):
    folder = place / "repository" / name
    caught(place / "bin")
    (place / "repository" / ".git").mkdir(parents=True, exist_ok=True)
    export = export_of(SCHEDULE, options=("--var", f"a={option}"), folder=folder, project=project)

    (file,) = FORMATS["github-actions"].render(export)

    job = yaml.safe_load(file.text)["jobs"]["run"]
    assert as_github_reads(job["defaults"]["run"]["working-directory"]) == name
    script = next(step["run"] for step in job["steps"] if "seeknal run" in step.get("run", ""))
    assert "${{" not in script
    environment = {"PATH": f"{place / 'bin'}:{os.environ['PATH']}", "SCHEDULE": "0 6 * * *"}
    printed = subprocess.check_output(["bash", "-e", "-c", script], env=environment)
    assert json.loads(printed)[1] == arguments_of(export)


def as_github_reads(text):
    """A text with its expressions, of which there is one kind."""
    assert "${{" not in text.replace("${{ '$' }}", "")
    return text.replace("${{ '$' }}", "$")


@settings(max_examples=12, deadline=None, derandomize=True)
@given(project=texts, option=texts)
def test_a_manifest_starts_what_is_meant(project, option):
    export = export_of(SCHEDULE, options=("--var", f"a={option}"), project=project, image="shop:1")

    (file,) = FORMATS["kubernetes"].render(export)

    claim, job = yaml.safe_load_all(file.text)
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    words = pod["containers"][0]["command"]
    assert [word.replace("$$", "$") for word in words] == [
        *("seeknal", *arguments_of(export)),
        *("--lock-timeout", "1h"),
    ]
    names = (claim["metadata"]["name"], job["metadata"]["name"])
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?", name) for name in names)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(text=texts)
@pytest.mark.parametrize("format", FORMATS)
def test_what_nodes_are_called_never_leaves_its_comment(format, text):
    export = export_of(SCHEDULE, project="shop", image="shop:1")
    odd = evolve(export.jobs[0], nodes=(NodeId(f"transform.{text}\n{text}"),))
    again = evolve(export, jobs=(odd,))

    files = FORMATS[format].render(again)

    plain = FORMATS[format].render(export)
    assert [len(file.text.splitlines()) for file in files] == [
        len(file.text.splitlines()) for file in plain
    ]


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\0b", "a\x1bb", "a\u2028b"])
def test_what_would_end_a_line_is_refused(text):
    with pytest.raises(UsageError, match="the folder"):
        refuse_breaks({"the folder": text})


def test_systemd_is_not_told_of_a_folder_that_it_would_read_otherwise():
    with pytest.raises(UsageError, match="whose name ends so"):
        rendered("systemd", SCHEDULE, folder=Path("/srv/shop "))
