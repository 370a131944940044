"""What foreign text cannot do to whoever reads an alert."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.alerts.text import LONGEST, safe

# What Discord, Slack, Telegram or a mail program would act on.
ACTIVE = (
    re.compile(r"[@<>\[\]`*~|#\\&]"),
    re.compile(r"://"),
    re.compile(r"www\.", re.IGNORECASE),
    re.compile(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])"),
    re.compile(r"[\u202a-\u202e\u2066-\u2069\u200b-\u200f\x00-\x09\x0b-\x1f]"),
)


@pytest.mark.parametrize(
    "hostile",
    [
        "@everyone free money",
        "<@123456789> <@&42> <!channel> <#5>",
        "[click](https://evil.example/x)",
        "https://evil.example and WWW.evil.example",
        "**bold** _italic_ __under__ ~~gone~~ ||spoiler|| `code`",
        "<b>bold</b> &lt; \\@here",
        "Team\u202eenod\x1b[31m\x00",
    ],
)
def test_a_hostile_name_is_only_text(hostile: str) -> None:
    assert not [each.pattern for each in ACTIVE if each.search(safe(hostile))]


@given(st.text(max_size=300))
def test_no_text_is_more_than_text(text: str) -> None:
    shown = safe(text)
    assert not [each.pattern for each in ACTIVE if each.search(shown)]
    assert safe(shown) == shown


def test_what_is_harmless_stays() -> None:
    told = "Arbitrage of 1.25 % on Away at Home, player_points_over: good until 18:05 UTC"
    assert safe(told) == told
    assert len(safe("x" * 9000)) == LONGEST
