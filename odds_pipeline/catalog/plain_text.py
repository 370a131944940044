"""What any text from outside must be: finite, and characters that a person can mean.

Belongs here: that rule, for settings, arguments and run configuration. Does not belong here: names
in documents (``sources.fields``), what a terminal or a channel shows (``cli.screen``,
``alerts.text``).
"""

import unicodedata

_NOT_MEANT = frozenset({"Cc", "Cs"})  # controls, and halves of what is no UTF-8


def require_plain(text: str, longest: int, allowed: str = "") -> None:
    """Refuse text without end, with control characters, or that is not UTF-8.

    Args:
        text: what was said.
        longest: how many characters it may have.
        allowed: control characters that may stand in it.

    Raises:
        ValueError: what is wrong, to follow the name of what was said.
    """
    if len(text) > longest:
        raise ValueError(f"is longer than {longest:,} characters")
    if any(unicodedata.category(one) in _NOT_MEANT and one not in allowed for one in text):
        raise ValueError("holds a control character, or is not UTF-8")
