"""What the source tests share: fixtures of our own making and recorded data where present."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from odds_pipeline.catalog.observations import CaptureBasis, OddsFormat, RawDocument

FIXTURES = Path(__file__).parents[1] / "fixtures"
REPOSITORY = Path(__file__).parents[2]
RECEIVED = datetime(2026, 1, 9, 18, 0, 10, tzinfo=UTC)
KNOWN = datetime(2026, 1, 9, 18, 0, 12, tzinfo=UTC)

READ = datetime(2026, 2, 1, tzinfo=UTC)  # files speak of the past

MakeRaw = Callable[..., RawDocument]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of recorded real data."""
    stated = os.environ.get("ODDS_SHARED_DATA")
    folder = Path(stated) if stated else REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("recorded data is not beside the repository (../shared/data)")
    return folder


def fixture_bytes(name: str) -> bytes:
    """A fixture of our own making."""
    return (FIXTURES / name).read_bytes()


@pytest.fixture
def live() -> MakeRaw:
    """Makes the raw document of a live call."""

    def make(
        endpoint: str,
        body: bytes,
        odds_format: OddsFormat | None = OddsFormat.AMERICAN,
        **request: str,
    ) -> RawDocument:
        asked = {"sport": "basketball_nba"} | request
        return RawDocument(
            "the_odds_api",
            endpoint,
            asked,
            body,
            RECEIVED,
            CaptureBasis.CLOCK,
            KNOWN,
            odds_format=odds_format,
        )

    return make


@pytest.fixture
def imported() -> MakeRaw:
    """Makes the raw document of an imported file."""

    def make(
        endpoint: str,
        body: bytes,
        captured_at: datetime | None = None,
        odds_format: OddsFormat | None = None,
        **request: str,
    ) -> RawDocument:
        return RawDocument(
            "file",
            endpoint,
            {"name": "some.file"} | request,
            body,
            READ,
            CaptureBasis.FILE,
            KNOWN,
            captured_at,
            odds_format,
        )

    return make
