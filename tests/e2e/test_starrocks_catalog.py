"""StarRocks is told of a catalog by the options that the Iceberg plugin declares."""

from seeknal_starrocks.testing.ddl.read import read_ddl

PROFILES = """
connections:
  lake:
    type: iceberg
    catalog: rest
    uri: http://lake:8181
    warehouse: main
    credential: client:c4n4ry
    scope: all
    oauth2_server_uri: http://lake/tokens
    s3_endpoint: http://minio:9000
    s3_access_key_id: acce55-c4n4ry
    s3_secret_access_key: s3cret-c4n4ry
    s3_region: eu-west-1
    s3_path_style: false
"""


def test_every_option_of_a_rest_catalog_is_told(seeknal_project):
    project = seeknal_project({"profiles.yml": PROFILES})

    outcome = project.run("starrocks", "setup-catalog").assert_ok()

    assert dict(read_ddl(outcome.stdout).properties) == {
        "type": "iceberg",
        "iceberg.catalog.type": "rest",
        "iceberg.catalog.uri": "http://lake:8181",
        "iceberg.catalog.warehouse": "main",
        "iceberg.catalog.security": "oauth2",
        "iceberg.catalog.oauth2.credential": "***",
        "iceberg.catalog.oauth2.scope": "all",
        "iceberg.catalog.oauth2.server-uri": "http://lake/tokens",
        "iceberg.catalog.vended-credentials-enabled": "false",
        "aws.s3.endpoint": "http://minio:9000",
        "aws.s3.enable_ssl": "false",
        "aws.s3.enable_path_style_access": "false",
        "aws.s3.use_instance_profile": "false",
        "aws.s3.access_key": "***",
        "aws.s3.secret_key": "***",
        "aws.s3.region": "eu-west-1",
    }


def test_a_catalog_of_the_project_is_no_rest_catalog(seeknal_project):
    project = seeknal_project({"profiles.yml": "connections:\n  lake: {type: iceberg}\n"})

    outcome = project.run("starrocks", "setup-catalog")

    assert outcome.exit_code == 1
    assert "error[SK1961]" in outcome.stderr
    assert "catalog of type sql" in outcome.stderr
