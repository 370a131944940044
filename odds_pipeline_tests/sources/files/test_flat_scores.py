"""Flattened scores lists."""

from datetime import UTC, datetime

from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.sources.parse import parse_document
from odds_pipeline_tests.sources.conftest import KNOWN, MakeRaw, fixture_bytes

BODY = fixture_bytes("flat_scores.csv")


def test_scores_are_matched_by_name(imported: MakeRaw) -> None:
    document = parse_document(imported("flat_scores", BODY))
    (capture,) = document.statements
    assert (capture.capture_time, capture.basis) == (KNOWN, CaptureBasis.FILE)
    final, coming = capture.statements
    assert (final.home_score, final.away_score, final.completed) == (110, 101, True)
    assert final.score_time == datetime(2026, 1, 10, 3, tzinfo=UTC)
    assert (coming.home_score, coming.away_score, coming.completed) == (None, None, False)
    assert document.rejections == ()


def test_bad_rows_are_rejected_and_the_rest_kept(imported: MakeRaw) -> None:
    body = BODY.replace(b",110", b",1.5") + b"x,,A,B,soon,True,,A,1\nshort,row\n"
    document = parse_document(imported("flat_scores", body))
    final, _ = document.statements[0].statements
    assert (final.home_score, final.completed) == (None, True)
    assert len(document.rejections) == 3
