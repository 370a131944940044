"""Hostile documents of every kind: each ends as it should, in the parser and in the database."""

import os
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import CaptureBasis, RawDocument
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.sources.parse import PARSERS, parse_document
from odds_pipeline_tests.sources.conftest import KNOWN, RECEIVED
from odds_pipeline_tests.sources.fuzz import REQUEST, is_clean, run
from odds_pipeline_tests.sources.hostile import KINDS, document

NUMBER = int(os.environ.get("ODDS_FUZZ", "300"))
SEED = int(os.environ.get("ODDS_FUZZ_SEED", "20260110"))


def test_every_parser_is_fuzzed() -> None:
    assert set(KINDS) == set(PARSERS)


@settings(max_examples=NUMBER, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(("the_odds_api", "file")))
def test_a_hostile_document_is_read_or_refused_in_one_line(seed: int, source: str) -> None:
    hostile = document(Random(seed))
    raw = RawDocument(
        source, hostile.endpoint, REQUEST, hostile.body, RECEIVED, CaptureBasis.CLOCK, KNOWN
    )
    try:
        parsed = parse_document(raw)
    except MalformedResponse as refused:
        assert "\n" not in str(refused)
        assert len(str(refused)) < 500
        return
    assert all(len(rejection.evidence) <= 2_000 for rejection in parsed.rejections)
    assert all(rejection.reason and rejection.where for rejection in parsed.rejections)
    assert parse_document(raw) == parsed


def test_hostile_documents_end_ok_or_in_quarantine(engine: Engine) -> None:
    ended = run(engine, NUMBER, SEED)
    assert is_clean(ended), f"seed {SEED}: {ended}"
    assert min(ended.outcomes[how] for how in ("ok", "in part quarantined", "refused whole")) > 9
