"""What ``connection list`` finds wrong without connecting."""

import json

PROFILE = """connections:
  wrong: {type: postgresql, url: "postgresql://me:p/ss@word@host.invalid/db"}
  right: {type: postgresql, url: "postgresql://me:pass-word@host.invalid/db"}
"""


def test_a_url_that_is_not_understood_is_listed_as_such(seeknal_project):
    project = seeknal_project({"profiles.yml": PROFILE})

    listed = json.loads(project.run("connection", "list", "--format", "json").stdout)
    tested = json.loads(project.run("connection", "test", "wrong", "--format", "json").stdout)

    assert [entry["status"] for entry in listed] == ["failed", "success"]
    assert listed[0]["detail"] == tested[0]["detail"]
    assert listed[0]["detail"] == "the url of connection 'wrong' is not understood"
