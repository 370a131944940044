"""Everything the provider answers that is not data: status, code and text.

Belongs here: the table of error bodies. Does not belong here: when they are given. Texts quoted
from recordings stand as recorded; the provider's wording of the others is not known.
"""

from types import MappingProxyType

_GUIDE = "https://the-odds-api.com/liveapi/guides/v4/api-error-codes.html#"
_PLANS = "See usage plans at https://the-odds-api.com"

# error_code -> (status, message); {0} is what was wrong
REFUSALS = MappingProxyType(
    {
        "MISSING_KEY": (401, "API key is missing. Get an API key at https://the-odds-api.com"),
        "INVALID_KEY": (401, "API key is not valid. Get an API key at https://the-odds-api.com"),
        "DEACTIVATED_KEY": (401, f"API key has been deactivated. {_PLANS}"),
        "OUT_OF_USAGE_CREDITS": (401, f"Usage quota has been reached. {_PLANS}"),
        "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN": (
            401,
            f"Historical odds are only available on paid usage plans. {_PLANS}",
        ),
        "UNKNOWN_SPORT": (404, "Unknown sport"),
        "EVENT_NOT_FOUND": (404, "Event not found. The event may have expired"),
        "NOT_FOUND": (404, "Not found"),
        "METHOD_NOT_ALLOWED": (405, "Method not allowed"),
        "INVALID_SPORT": (422, "Invalid sport: {0}"),
        "MISSING_REGION": (422, "Missing regions or bookmakers key"),
        "INVALID_REGION": (422, "Invalid regions: {0}"),
        "INVALID_BOOKMAKERS": (422, "Invalid bookmakers: {0}"),
        "MISSING_MARKET": (422, "Missing markets"),
        "INVALID_MARKET": (422, "Invalid markets: {0}"),
        "INVALID_MARKET_COMBO": (422, "Markets not available for this sport: {0}"),
        "HISTORICAL_MARKETS_UNAVAILABLE_AT_DATE": (
            422,
            "Markets not available at this date: {0}. "
            "Additional markets are available from 2023-05-03T05:30:00Z",
        ),
        "INVALID_ODDS_FORMAT": (422, "Invalid oddsFormat: {0}"),
        "INVALID_DATE_FORMAT": (422, "Invalid dateFormat: {0}"),
        "INVALID_ALL_SPORTS_PARAM": (422, "Invalid all parameter: {0}"),
        "INVALID_SCORES_DAYS_FROM": (422, "Invalid daysFrom. It must be an integer from 1 to 3"),
        "INVALID_EVENT_IDS": (422, "Invalid eventIds: {0}"),
        "INVALID_EVENT_ID": (422, "Invalid event id"),
        "INVALID_PARTICIPANT_ID": (422, "Invalid participantIds: {0}"),
        "INVALID_STATUS": (422, "Invalid status: {0}"),
        "INVALID_INCLUDE_LINKS": (422, "Invalid includeLinks: {0}"),
        "INVALID_INCLUDE_SIDS": (422, "Invalid includeSids: {0}"),
        "INVALID_INCLUDE_BET_LIMITS": (422, "Invalid includeBetLimits: {0}"),
        "INVALID_INCLUDE_MULTIPLIERS": (422, "Invalid includeMultipliers: {0}"),
        "INVALID_INCLUDE_ROTATION_NUMBERS": (422, "Invalid includeRotationNumbers: {0}"),
        "INVALID_COMMENCE_TIME_FROM": (422, "Invalid commenceTimeFrom. Use YYYY-MM-DDTHH:MM:SSZ"),
        "INVALID_COMMENCE_TIME_TO": (422, "Invalid commenceTimeTo. Use YYYY-MM-DDTHH:MM:SSZ"),
        "INVALID_COMMENCE_TIME_RANGE": (422, "commenceTimeFrom must be before commenceTimeTo"),
        "MISSING_HISTORICAL_TIMESTAMP": (422, "Missing date"),
        "INVALID_HISTORICAL_TIMESTAMP": (422, "Invalid date. Use YYYY-MM-DDTHH:MM:SSZ"),
        "EXCEEDED_FREQ_LIMIT": (429, "Requests are too frequent. Retry after a couple of seconds"),
        "INTERNAL_ERROR": (500, "Internal server error"),
    }
)
_WRONG_ENDPOINT = "Markets not supported by this endpoint: {0}"


class Refusal(Exception):
    """One call answered with an error.

    Args:
        error_code: the provider's code, a key of the table.
        wrong: what was wrong with the request, for the texts that quote it.
    """

    def __init__(self, error_code: str, wrong: str = "") -> None:
        self.status, template = REFUSALS[error_code]
        self.error_code = error_code
        self.message = template.format(wrong)
        super().__init__(self.message)

    def body(self) -> dict[str, object]:
        """The JSON body: ``message``, ``error_code``, ``details_url``."""
        return {
            "message": self.message,
            "error_code": self.error_code,
            "details_url": _GUIDE + self.error_code.lower().replace("_", "-"),
        }


class WrongEndpoint(Refusal):
    """Markets that exist but are not served by the endpoint asked."""

    def __init__(self, markets: str) -> None:
        super().__init__("INVALID_MARKET")
        self.message = _WRONG_ENDPOINT.format(markets)
