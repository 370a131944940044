"""The provider: reachable, the key valid, the plan what we think, our keys known to it."""

from odds_pipeline.catalog.bookmakers import BOOKMAKERS
from odds_pipeline.redaction import fingerprint
from odds_pipeline.services.collect import live_cost
from odds_pipeline.services.doctor.examination import Examination, ProviderSeen
from odds_pipeline.services.doctor.findings import Check, Finding, fail, ok, warn

CLOCK_S = 2.0
CLOCK_FAIL_S = 300.0


def answers(seen: Examination) -> Finding:
    """It answers, and takes the key; asked through the free list of sports."""
    where = "loopback provider (DEMO)" if seen.settings.demo else "provider"
    if isinstance(seen.provider, str):
        if seen.settings.demo:
            return warn("provider", f"{where} does not run: {seen.provider}", "`odds up` starts it")
        return fail("provider", seen.provider, "check the network and ODDS_API_BASE_URL")
    if seen.provider.status != 200:
        return fail(
            "provider",
            f"refused: {seen.provider.refusal}",
            "check ODDS_API_KEY: the fingerprint above says which key is set",
        )
    return ok("provider", f"{where} answers and takes the key (0 credits: /sports is free)")


def plan(seen: Examination) -> Finding | None:
    """ODDS_API_QUOTA is the plan's, by the provider's own count."""
    told = _told(seen)
    if told is None:
        return None
    if told.used is None or told.remaining is None:
        return warn("plan", "the provider did not say its count", "compare ODDS_API_QUOTA by hand")
    quota = seen.settings.api_keys[0].quota
    size = told.used + told.remaining
    if size == quota:
        return ok("plan", f"{quota:,} credits a month, as ODDS_API_QUOTA says")
    return warn(
        "plan",
        f"the provider counts {size:,g} credits a month, ODDS_API_QUOTA says {quota:,}",
        f"set ODDS_API_QUOTA={size:g}" if size < quota else "nothing, if you keep a reserve",
    )


def further_keys(seen: Examination) -> Finding | None:
    """Each key after the first is taken, and its quota is its plan's."""
    if not seen.further_keys:
        return None
    faults = []
    for key, told in zip(seen.settings.api_keys[1:], seen.further_keys, strict=True):
        fault = _fault(key.quota, told)
        if fault:
            faults.append(f"{fingerprint(key.secret)} {fault}")
    if faults:
        return warn("further keys", "; ".join(faults), "check ODDS_API_KEY and ODDS_API_QUOTA")
    return ok("further keys", f"{len(seen.further_keys)} taken, with the quotas that are set")


def _fault(quota: int, told: ProviderSeen | str) -> str:
    if isinstance(told, str):
        return f"was not asked: {told}"
    if told.status != 200:
        return f"is refused: {told.refusal}"
    if told.used is None or told.remaining is None:
        return "has a count the provider did not say"
    size = told.used + told.remaining
    return "" if size == quota else f"has {size:,g} credits a month, not {quota:,}"


def credits(seen: Examination) -> Finding | None:
    """Enough is left for the next live collection."""
    told = _told(seen)
    if told is None or told.remaining is None:
        return None
    tick = live_cost(seen.settings)
    found = f"{told.remaining:,g} left; a live collection costs {tick:,}"
    if told.remaining >= tick:
        return ok("credits", found)
    return fail("credits", found, "wait for the 1st of the month (UTC) or upgrade the plan")


def clock(seen: Examination) -> Finding | None:
    """The provider's clock, by its Date header, whole seconds."""
    told = _told(seen)
    if told is None or told.skew_s is None:
        return None
    skew = told.skew_s
    if abs(skew) <= CLOCK_S:
        return ok("provider clock", "agrees with this machine")
    found = f"{abs(skew):,.0f} s {'ahead of' if skew > 0 else 'behind'} this machine"
    judge = fail if abs(skew) > CLOCK_FAIL_S else warn
    return judge(
        "provider clock", f"{found}; its time is used for captures", "run a time service (NTP)"
    )


def sports(seen: Examination) -> Finding | None:
    """Each sport is known to the provider, and in season or not."""
    told = _told(seen)
    if told is None:
        return None
    unknown = [key for key in seen.settings.sports if key not in told.sports]
    if unknown:
        return fail(
            "sports",
            f"the provider does not know {', '.join(unknown)}",
            "correct SPORTS; the provider lists its keys at /v4/sports",
        )
    resting = [key for key in seen.settings.sports if not told.sports[key]]
    if resting:
        return warn(
            "sports",
            f"out of season: {', '.join(resting)}",
            "nothing: an empty list costs no credits",
        )
    return ok("sports", f"all known and in season: {', '.join(seen.settings.sports)}")


def bookmakers(seen: Examination) -> Finding:
    """Each bookmaker is in the catalog; some are known to be missing from the feed."""
    named = seen.settings.bookmakers
    if not named:
        return ok("bookmakers", f"those of the regions {', '.join(seen.settings.regions)}")
    unknown = [key for key in named if key not in BOOKMAKERS]
    missing = [key for key in named if key in BOOKMAKERS and not BOOKMAKERS[key].in_feed]
    absent = f"; not in the feed today, as expected: {', '.join(missing)}" if missing else ""
    if unknown:
        return warn(
            "bookmakers",
            f"not in the catalog: {', '.join(unknown)}{absent}",
            "check their spelling; what the provider knows is collected all the same",
        )
    return ok("bookmakers", f"{len(named)} in the catalog{absent}")


def markets(seen: Examination) -> Finding:
    """Markets are checked when settings are read."""
    regions = -(-len(seen.settings.bookmakers) // 10) or len(seen.settings.regions)
    return ok(
        "markets",
        f"{', '.join(seen.settings.markets)}; {regions} region(s) by the provider's count",
    )


def _told(seen: Examination) -> ProviderSeen | None:
    told = seen.provider
    return told if isinstance(told, ProviderSeen) and told.status == 200 else None


CHECKS: tuple[Check, ...] = (
    answers,
    plan,
    further_keys,
    credits,
    clock,
    sports,
    bookmakers,
    markets,
)
