"""Every selection by its name: the one place that knows them all."""

from collections.abc import Mapping
from types import MappingProxyType

from odds_pipeline.storage.export_queries.collected import COLLECTED
from odds_pipeline.storage.export_queries.market import MARKET
from odds_pipeline.storage.export_queries.records import RECORDS
from odds_pipeline.storage.export_queries.selection import Selection

SELECTIONS: Mapping[str, Selection] = MappingProxyType({**COLLECTED, **MARKET, **RECORDS})
