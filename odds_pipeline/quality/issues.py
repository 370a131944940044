"""What every rule returns: a frame of issues, one row each, with its evidence.

Belongs here: the columns of that frame and how it is made from offending rows. Does not belong
here: what offends (``rules``), where issues are kept (``storage``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ISSUE_KEYS = ("event_id", "bookmaker_key", "market_key", "outcome_name", "snapshot_time")
COVERED = ("until_time", "about", "point")
ISSUE_COLUMNS = (*ISSUE_KEYS, *COVERED, "description", "evidence")


def issues_of(
    rows: pd.DataFrame, descriptions: Iterable[str], evidence: Sequence[str]
) -> pd.DataFrame:
    """Make the issues frame from offending rows.

    Args:
        rows: the offending rows; of ``ISSUE_KEYS`` those it has are kept, the rest are missing.
        descriptions: one sentence a row, the same for the same fault whenever it is judged again.
        evidence: columns of ``rows`` that prove the fault.

    Returns:
        ``ISSUE_COLUMNS``: keys as text and ``snapshot_time`` as UTC, ``evidence`` one
        JSON-ready dict a row; empty with these columns when ``rows`` is empty. Which quotes an
        issue is about is said by the keys, a missing one meaning every one, and by ``COVERED``:
        captures from ``snapshot_time`` to ``until_time``, whom the outcome is ``about``, and its
        ``point`` (of a whole market its line, which is either side's point up to the sign).
    """
    if rows.empty:
        return _no_issues().copy()
    return _issues(rows, descriptions, evidence)


@cache
def _no_issues() -> pd.DataFrame:
    """The answer of most rules on most days."""
    import pandas as pd

    return _issues(pd.DataFrame(), [], [])


def _issues(
    rows: pd.DataFrame, descriptions: Iterable[str], evidence: Sequence[str]
) -> pd.DataFrame:
    import pandas as pd

    named = rows.assign(
        about=rows.get("description"),
        point=next((rows[name] for name in ("point", "line") if name in rows), float("nan")),
    )
    issues = named.reindex(columns=[*ISSUE_KEYS, *COVERED]).reset_index(drop=True)
    texts = [key for key in (*ISSUE_KEYS, "about") if key != "snapshot_time"]
    issues = issues.astype({**dict.fromkeys(texts, "str"), "point": "float64"})
    for moment in ("snapshot_time", "until_time"):
        issues[moment] = pd.to_datetime(issues[moment], utc=True).dt.as_unit("us")
    issues["description"] = pd.Series(list(descriptions), dtype="str")
    records = rows[list(evidence)].to_dict("records")
    proofs = [{str(key): _plain(value) for key, value in record.items()} for record in records]
    issues["evidence"] = pd.Series(proofs, dtype="object")
    return issues


def selections_of(quotes: pd.DataFrame) -> list[str]:
    """Each quote's outcome with whom it is about and its point: ``Over (A. Guard, 20.5)``.

    Within a market of one book nothing less tells two quotes apart, and so their issues.
    """
    parts = zip(quotes["outcome_name"], quotes["description"], quotes["point"], strict=True)
    return [_selection(outcome, who, point) for outcome, who, point in parts]


def true_columns(flags: pd.DataFrame) -> list[str]:
    """For each row of a boolean frame the names of its true columns, comma separated."""
    return [
        ", ".join(name for name, flag in zip(flags.columns, row, strict=True) if flag)
        for row in flags.to_numpy(dtype=bool)
    ]


def _selection(outcome: object, who: object, point: object) -> str:
    stated = [str(part) for part in (who, point) if _plain(part) is not None]
    return f"{outcome} ({', '.join(stated)})" if stated else str(outcome)


def _plain(value: object) -> object:
    """The value as JSON can hold it: missing as null, times as ISO text, infinities as text."""
    import pandas as pd

    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value
