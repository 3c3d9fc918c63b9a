import json
import pickle
import re
import shlex
import textwrap
from base64 import b64encode, urlsafe_b64encode
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seeknal.values.secret import Secret, scrub, separate_secrets

pytestmark = pytest.mark.inside

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


AWKWARD = "p@s:s/w?o#r[d]%&=+;,!$'()* \"\\\u00e9\u20ac\U0001f600z"
ENCODED = {
    "repr": repr(AWKWARD),
    "ascii": ascii(AWKWARD),
    "bytes": repr(AWKWARD.encode()),
    "json": json.dumps(AWKWARD),
    "json twice": json.dumps(json.dumps(AWKWARD)),
    "json of repr": json.dumps(repr(AWKWARD)),
    "percent": quote(AWKWARD),
    "percent, all": quote(AWKWARD, safe=""),
    "percent, lower": "".join(f"%{byte:02x}" for byte in AWKWARD.encode()),
    "percent twice": quote(quote(AWKWARD)),
    "plus": quote_plus(AWKWARD),
    "sql": AWKWARD.replace("'", "''"),
    "html": escape(AWKWARD),
    "shell": shlex.quote(AWKWARD),
    "hex": AWKWARD.encode().hex(),
    "base64": b64encode(AWKWARD.encode()).decode(),
    "header": b64encode(f"me:{AWKWARD}".encode()).decode(),
    "url-safe": urlsafe_b64encode(f"xy{AWKWARD}z".encode()).decode(),
    "lines": textwrap.fill(AWKWARD, 7),
    "lines in a repr": repr(textwrap.fill(AWKWARD, 7)),
}


@pytest.mark.parametrize("encoded", ENCODED.values(), ids=ENCODED.keys())
def test_a_secret_is_found_however_it_is_encoded(encoded):
    with separate_secrets():
        Secret(AWKWARD)

        told = scrub(f"it says <{encoded}>")

    assert re.fullmatch(r"""it says <b?[\\'"]*\*\*\*[\\'"]*>""", told)


def test_what_is_left_of_a_secret_that_was_cut_is_masked():
    with separate_secrets():
        Secret(AWKWARD)

        told = [scrub(f"LINE 1: x {AWKWARD[:15]}..."), scrub(f"\u2026{AWKWARD[9:]} y")]

    assert told == ["LINE 1: x ***...", "\u2026*** y"]


@settings(deadline=None, max_examples=40)
@given(st.text(min_size=8, max_size=30))
def test_no_encoder_gets_any_text_past_the_mask(text):
    assume(not text.strip().isalnum() and len(text.strip()) >= 8)
    ways = [str, repr, ascii, json.dumps, quote, quote_plus, shlex.quote]
    with separate_secrets():
        Secret(text)

        told = [scrub(f"<{way(text)}>") for way in ways]

    assert not any(way(text).strip("'\"") in shown for way, shown in zip(ways, told, strict=True))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("postgresql://me:p@ss/w:o?r#d@host/db x", "postgresql://***@host/db x"),
        ("at https://token@host/a and mail me@x", "at https://***@host/a and mail me@x"),
        ("mysql://shop@h/shop mariadb://root@fe", "mysql://shop@h/shop mariadb://root@fe"),
        ("mysql://shop%3Apw@h/shop", "mysql://***@h/shop"),
        ("mysql://p@ss@h/shop", "mysql://***@h/shop"),
        ("a postgresql://u:p w'd@h b", "a postgresql://***@h b"),
        ("s3://bucket/a@b.csv abfss://box@account/x", "s3://bucket/a@b.csv abfss://box@account/x"),
        ('["p://u:x@h", "me@x"]', '["p://***@h", "me@x"]'),
        ("https://h/x?token=abc&a=1", "https://h/x?token=***&a=1"),
        ("host=h password=it\\'s user=me", "host=h password=***'s user=me"),
        ("host=h password='it\\'s' user=me", "host=h password='***' user=me"),
        ("{'password': 'it', 'user': 'me'}", "{'password': '***', 'user': 'me'}"),
        ("Authorization: Bearer abcd.efgh", "Authorization: Bearer ***"),
        ("CREATE SECRET (TYPE s3, SECRET 'it''s')", "CREATE SECRET (TYPE s3, SECRET '***')"),
        ("SELECT a//b, '@' FROM t -- see // x @y", "SELECT a//b, '@' FROM t -- see // x @y"),
        ("password authentication failed", "password authentication failed"),
    ],
)
def test_what_nobody_has_noted_is_masked_where_it_stands_as_a_secret_does(text, told):
    with separate_secrets():
        assert scrub(text) == told


@pytest.mark.parametrize("word", ["postgres", "password", "12345678", "1234"])
def test_a_plain_word_or_number_is_masked_only_where_it_stands_alone(word):
    with separate_secrets():
        Secret(word)

        told = scrub(f"x{word}ql 9{word}01 0.{word} '{word}' {word}.")

    assert told == f"x{word}ql 9{word}01 0.{word} '***' ***."


def test_a_secret_is_never_serialised():
    with pytest.raises(TypeError, match="never serialised"):
        pickle.dumps(Secret("something"))


@pytest.mark.parametrize(
    ("line", "marked", "masked"),
    [
        (
            "LINE 1: SELECT 'hunter2-word', nocol FROM t",
            "nocol",
            "LINE 1: SELECT '***', nocol FROM t",
        ),
        (
            "LINE 1: SELECT nocol, 'hunter2-word' FROM t",
            "nocol",
            "LINE 1: SELECT nocol, '***' FROM t",
        ),
        (
            "LINE 1: SELECT 'hunter2-word', nocol, 'hunter2-word' FROM t",
            "nocol",
            "LINE 1: SELECT '***', nocol, '***' FROM t",
        ),
        ("LINE 1: FROM f('a', password = 'xyz') WHERE nocol", "nocol", None),
    ],
)
def test_a_mark_below_a_line_stays_below_its_word(line, marked, masked):
    Secret("hunter2-word")
    text = f"Binder Error: no\n\n{line}\n{' ' * line.index(marked)}^^^^^\nmore"

    _, _, shown, mark, more = scrub(text).split("\n")

    assert shown == masked or masked is None
    assert "hunter2-word" not in shown
    assert shown[mark.index("^") :].startswith(marked)
    assert more == "more"


def test_a_mark_below_a_word_that_is_masked_is_left_out():
    Secret("hunter2-word")
    line = "LINE 1: SELECT 'hunter2-word' + 1"
    text = f"no\n{line}\n{' ' * (line.index('word') - 1)}^\nmore"

    told = scrub(text)

    assert told == "no\nLINE 1: SELECT '***' + 1\nmore"


def test_a_mark_below_a_line_without_secrets_is_left_as_it_is():
    Secret("hunter2-word")
    text = "LINE 1: SELECT nocol\n               ^\nfor hunter2-word"

    assert scrub(text) == "LINE 1: SELECT nocol\n               ^\nfor ***"
