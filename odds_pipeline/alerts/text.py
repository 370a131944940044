"""Text that no channel reads as more than text.

Belongs here: disarming mentions, links and markup, whoever wrote them. Does not belong here: what
is told.

Team names, markets and error texts come from elsewhere. The characters that a channel acts on
(mentions of everyone or of a person, links, bold, code, HTML) are replaced by ones that look like
them, for all channels alike, since none can be trusted to escape them.
"""

import re
import unicodedata

LONGEST = 1500
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LOOKALIKES = str.maketrans(
    {
        "@": "＠",  # noqa: RUF001 - meant
        "<": "‹",  # noqa: RUF001 - meant
        ">": "›",  # noqa: RUF001 - meant
        "[": "(",
        "]": ")",
        "`": "'",
        "*": "∗",  # noqa: RUF001 - meant
        "~": "∼",  # noqa: RUF001 - meant
        "|": "¦",
        "#": "＃",  # noqa: RUF001 - meant
        "\\": "/",
        "&": "＆",  # noqa: RUF001 - meant
    }
)
# A link needs its scheme or its www., a single underscore inside a word is a key's.
_LINK = re.compile(r"(?i)(:)(//)|\b(www)(\.)|\b(discord)(\.)(?=gg)")
_UNDERSCORES = re.compile(r"(?<![0-9A-Za-z])_+|_+(?![0-9A-Za-z])|__+")


def safe(text: str) -> str:
    """The text for a channel: no mention, link, markup or control character; at most 1,500 long."""
    kept = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in _DROPPED)
    kept = _LINK.sub(
        lambda found: "".join(part for part in found.groups() if part)[:-1] + " ", kept
    )
    kept = _UNDERSCORES.sub("-", kept.translate(_LOOKALIKES))
    return kept if len(kept) <= LONGEST else f"{kept[: LONGEST - 1]}…"
