"""Quotes of a kind that is known to be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule
from odds_pipeline.quality.reliability import KNOWN_FAULTS, concerned

if TYPE_CHECKING:
    import pandas as pd


@rule(issue_type="known_fault", severity=Severity.WARNING, needs=Needs.QUOTES)
def known_faults(quotes: pd.DataFrame) -> pd.DataFrame:
    """A day holds quotes of a source, book or market that is known to be wrong in some way.

    The list, with its evidence, is `quality/reliability.py`; one issue a day for each entry.
    """
    import pandas as pd

    rows = []
    for fault in (one for one in KNOWN_FAULTS if one.told):
        count = int(concerned(quotes, fault).sum())
        if count:
            rows.append((fault.what, count, fault.evidence, fault.source or "every source"))
    found = pd.DataFrame(rows, columns=["what", "quotes", "evidence", "source"])
    return issues_of(found, found["what"], ["quotes", "evidence", "source"])
