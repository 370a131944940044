"""The queries that docs offer run on the tables as they are."""

import re

import psycopg
import pytest

from odds_pipeline.storage.urls import libpq_url
from odds_pipeline_tests.documentation.blocks import PAGES, Block, blocks

QUERIES = [
    (block, query.strip())
    for page in PAGES
    for block in blocks(page)
    if block.language == "sql" and not block.note
    for query in re.sub(r"--.*", "", block.text).split(";")
    if query.strip()
]


def test_there_are_queries_to_try() -> None:
    assert len(QUERIES) >= 15


def test_every_query_runs(database_url: str) -> None:
    with psycopg.connect(libpq_url(database_url), autocommit=True) as conn:
        for block, query in QUERIES:
            try:
                conn.execute(query.encode())
            except psycopg.Error as wrong:
                pytest.fail(f"{_place(block)}: {wrong}: {query}")


def _place(block: Block) -> str:
    return f"{block.page}:{block.line}"
