"""One bad market does not cost the others: it is left out, and the rest captured in the slot."""

from dataclasses import replace

import msgspec
import pytest

from odds_pipeline.errors import MarketsRefused
from odds_pipeline.services.calls import fetch_slot
from odds_pipeline.services.platform import Platform
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.sources.the_odds_api.queries import OddsRequest, ProviderRequest
from odds_pipeline.sources.the_odds_api.responses import ProviderResponse
from odds_pipeline_tests.services.books import entries, rows, slots_of, spent

NBA = "basketball_nba"
GOOD = ("h2h", "totals")
BAD = "player_points"


class VagueProvider:
    """Refuses as the provider does, without saying which market it means."""

    def __init__(self, platform: Platform, code: str = "INVALID_MARKET") -> None:
        self._platform, self._code = platform, code

    def fetch(self, request: ProviderRequest) -> ProviderResponse:
        response = self._platform.provider().fetch(request)
        if response.status == 200:
            return response
        body = {"message": "Bad question", "error_code": self._code, "details_url": ""}
        return replace(response, body=msgspec.json.encode(body))


def _ask(platform: Platform, *markets: str) -> tuple[str, ...]:
    request = OddsRequest(NBA, markets, ("pinnacle", "draftkings"))
    fetched = fetch_slot(platform, "live", NBA, platform.now(), request)
    assert fetched is not None
    return fetched.refused


def _markets_of_quotes(platform: Platform) -> set[str]:
    return {market for (market,) in rows(platform, "SELECT DISTINCT market_key FROM odds")}


def _logged(platform: Platform) -> list[tuple[bool, str | None]]:
    return rows(platform, "SELECT success, error_code FROM fetch_logs ORDER BY id")


@pytest.mark.usefixtures("balanced")
def test_a_named_market_is_left_out_and_the_rest_is_captured(platform: Platform) -> None:
    assert _ask(platform, "h2h", BAD, "totals") == (BAD,)
    assert _markets_of_quotes(platform) == set(GOOD)
    assert slots_of(platform) == [("live", "ok", None)]
    assert _logged(platform) == [(False, "INVALID_MARKET"), (True, None)]
    assert rows(platform, "SELECT status FROM raw_responses ORDER BY raw_id") == [(422,), (200,)]
    ((message,),) = rows(platform, "SELECT error_message FROM fetch_logs WHERE NOT success")
    assert BAD in message
    assert spent(platform) == (2, 0)


@pytest.mark.usefixtures("balanced")
@pytest.mark.parametrize(
    "code", ["INVALID_MARKET", "INVALID_MARKET_COMBO", "HISTORICAL_MARKETS_UNAVAILABLE_AT_DATE"]
)
@pytest.mark.parametrize(
    "markets", [("h2h", "totals", BAD), (BAD, "h2h", "totals"), ("h2h", BAD, "totals")]
)
def test_where_none_is_named_each_is_tried_alone(
    platform: Platform, markets: tuple[str, ...], code: str
) -> None:
    vague = replace(platform, provider=lambda: VagueProvider(platform, code))
    assert _ask(vague, *markets) == (BAD,)
    assert _markets_of_quotes(platform) == set(GOOD)
    assert slots_of(platform) == [("live", "ok", None)]
    assert spent(platform) == (2, 0)
    assert {entry for entry, _ in entries(platform)} == {"reserved", "settled"}
    assert len(_logged(platform)) == 4


@pytest.mark.usefixtures("balanced")
def test_a_slot_is_a_gap_where_every_market_is_refused(platform: Platform) -> None:
    vague = replace(platform, provider=lambda: VagueProvider(platform))
    for asked in (platform, vague):
        with pytest.raises(MarketsRefused):
            _ask(asked, BAD, "player_assists")
        assert slots_of(platform) == [("live", "gap", "422 INVALID_MARKET")]
    with pytest.raises(MarketsRefused):
        _ask(platform, BAD)
    assert spent(platform) == (0, 0)


@pytest.mark.usefixtures("balanced")
def test_a_refused_market_was_not_asked_so_its_absence_is_no_removal(
    platform: Platform, clock: SteppedClock
) -> None:
    _ask(platform, "h2h", "totals")
    clock.set(clock.now().replace(hour=13))

    class Refusing(VagueProvider):
        """Has the market no more today."""

        def fetch(self, request: ProviderRequest) -> ProviderResponse:
            assert isinstance(request, OddsRequest)
            if "totals" not in request.markets:
                return super().fetch(request)
            bad = replace(request, markets=(*request.markets, BAD))
            response = self._platform.provider().fetch(bad)
            return replace(response, body=response.body.replace(BAD.encode(), b"totals"))

    assert _ask(replace(platform, provider=lambda: Refusing(platform)), *GOOD) == ("totals",)
    removed = rows(platform, "SELECT count(*) FROM quotes WHERE state = 1")
    assert removed == [(0,)]
    assert slots_of(platform) == [("live", "ok", None)] * 2
