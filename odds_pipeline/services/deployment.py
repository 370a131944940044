"""Whether this database is DEMO or real, and whether paid collection was confirmed.

Belongs here: those two decisions, made once. Does not belong here: asking a person (``cli``).
"""

from odds_pipeline.errors import ConfirmationRequired, UsageError
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import deployment
from odds_pipeline.storage.engine import transaction


def settle_kind(platform: Platform) -> str:
    """Decide on first use, and hold to it: a database is ``demo`` or ``real`` for ever.

    Raises:
        UsageError: the database was made for the other kind.
    """
    wanted = "demo" if platform.settings.demo else "real"
    with transaction(platform.engine) as conn:
        kind = deployment.decide(conn, wanted)
    if kind == wanted:
        return kind
    if kind == "demo":
        raise UsageError(
            "this database holds DEMO data and stays DEMO; unset ODDS_API_KEY, or start a fresh "
            "real one beside it: ODDS_HOME=.odds-real make run"
        )
    raise UsageError(
        "this database holds real data, but ODDS_API_KEY is not set; set it, or start a DEMO "
        "beside it: ODDS_HOME=.odds-demo make run"
    )


def confirm_spending(platform: Platform) -> None:
    """Record that somebody agreed to what paid collection costs."""
    with transaction(platform.engine) as conn:
        deployment.confirm(conn)


def spending_confirmed(platform: Platform) -> bool:
    """Whether paid calls are allowed: always in DEMO, once confirmed otherwise."""
    if platform.settings.demo or platform.settings.odds_yes:
        return True
    with transaction(platform.engine) as conn:
        return deployment.confirmed(conn)


def require_confirmed(platform: Platform, credits: float) -> None:
    """Refuse a paid call nobody agreed to.

    Raises:
        ConfirmationRequired: the plan is real and was not confirmed.
    """
    settle_kind(platform)
    if credits and not spending_confirmed(platform):
        raise ConfirmationRequired(
            f"this call costs up to {credits:g} credits and paid collection was not confirmed; "
            "run `odds up` in a terminal and answer, or set ODDS_YES=1"
        )
