"""Where Dagster's own programs find the platform: `dagster -m odds_pipeline.definitions`.

Belongs here: nothing but these lines. Does not belong here: anything else (``orchestration``).
"""

from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.settings import load_settings

definitions = build_definitions(load_settings())
