"""A DEMO says so on every asset, a real platform never does."""

from pydantic import SecretStr

from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.settings import Settings


def test_demo_says_so_on_every_asset() -> None:
    specs = build_definitions(Settings(_env_file=None)).resolve_all_asset_specs()
    assert specs
    assert all("DEMO" in spec.tags and "DEMO" in (spec.description or "") for spec in specs)


def test_real_odds_are_not_called_demo() -> None:
    real = Settings(_env_file=None, odds_api_key=SecretStr("k" * 32))
    for spec in build_definitions(real).resolve_all_asset_specs():
        assert "DEMO" not in spec.tags
        assert "DEMO" not in (spec.description or "")
