import json
import pickle

import pytest

from seeknal.secret import Secret, scrub, separate_secrets

PASSWORD = "s3cr'et/p@ss\\word"


def test_a_secret_prints_as_stars_however_it_is_printed():
    secret = Secret(PASSWORD)

    shown = [str(secret), repr(secret), f"{secret}", f"{secret:>20}", f"{[secret]}"]

    assert not any(PASSWORD in text for text in shown)
    assert secret.reveal() == PASSWORD


@pytest.mark.parametrize(
    "spelling",
    [
        PASSWORD,
        PASSWORD.replace("'", "''"),
        json.dumps(PASSWORD)[1:-1],
        "s3cr%27et%2Fp%40ss%5Cword",
    ],
)
def test_every_spelling_of_a_known_secret_is_scrubbed(spelling):
    Secret(PASSWORD)

    text = scrub(f"could not connect with password={spelling} to db")

    assert spelling not in text
    assert text.startswith("could not connect with password=***")


def test_a_short_secret_does_not_mask_every_letter():
    Secret("a")

    assert scrub("a banana") == "a banana"


def test_a_short_secret_is_masked_as_a_word_and_left_alone_within_a_number():
    with separate_secrets():
        Secret("0815")

        told = [scrub("password=0815."), scrub("pin '0815' for user"), scrub('{"s": 0.081500}')]

    assert told == ["password=***.", "pin '***' for user", '{"s": 0.081500}']


def test_a_secret_is_never_serialised():
    with pytest.raises(TypeError, match="never serialised"):
        pickle.dumps(Secret("something"))
