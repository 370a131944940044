"""Works out anew what used quotes that were voided, or whose void was lifted.

Belongs here: which days of which tables. Does not belong here: voids (``services.voids``), the
tables' own making. A day that was never worked out is left alone.
"""

from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import pricings
from odds_pipeline.storage.derived import Covered
from odds_pipeline.storage.engine import transaction


def recompute(platform: Platform, covered: Covered) -> None:
    """Price the covered days' moments again, and make closes and movements anew.

    Args:
        platform: its database and settings are used.
        covered: the quotes of a void, and what used them.
    """
    # Where Dagster loads its definitions nothing is worked out, and no numpy is loaded.
    from odds_pipeline.services.market.day import price_day
    from odds_pipeline.services.market.lines import close_day
    from odds_pipeline.services.market.movements import move_day

    for day in covered.days:
        with transaction(platform.engine) as conn:
            priced = pricings.any_priced(conn, day)
        if priced:
            price_day(platform, day)
    for day in sorted({user.day for user in covered.users if user.table == "closing_prices"}):
        close_day(platform, day)
    for day in sorted({user.day for user in covered.users if user.table == "line_movements"}):
        move_day(platform, day)
