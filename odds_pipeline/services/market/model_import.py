"""Reads what a user's own model says of outcomes from a CSV file.

Belongs here: the file's columns and what is wrong with a row. Does not belong here: keeping
(``storage.model_probabilities``), what edges make of it (``find``).

A row is one probability of one outcome, given that it is no push: ``event_id, market, outcome,
probability`` and, where the market has them, ``description`` and ``point``; ``model``, ``version``
and ``made_at`` (ISO 8601 with zone) unless they are stated for the whole file.
"""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from odds_pipeline.errors import NotFound, UsageError
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import model_probabilities
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.model_probabilities import Said, Unknown

REQUIRED = ("event_id", "market", "outcome", "probability")
LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stated:
    """What holds for every row that does not say otherwise."""

    model: str | None = None
    version: str | None = None
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not kept: its line in the file, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ModelImport:
    """What an import kept; ``known`` rows stood here already."""

    rows: int
    kept: int
    known: int
    refused: tuple[Refused, ...]


def import_model(platform: Platform, path: Path, stated: Stated) -> ModelImport:
    """Keep the probabilities of a file; what it said before changes nothing.

    Args:
        platform: its database is used.
        path: a CSV file in UTF-8, its first line the names of columns.
        stated: model, version and time of rows that do not say.

    Raises:
        NotFound: there is no such file.
        UsageError: it is no such table, or too large.
    """
    said: list[tuple[int, Said]] = []
    refused: list[Refused] = []
    for line, row in _lines(path):
        try:
            said.append((line, _said(row, stated)))
        except ValueError as wrong:
            refused.append(Refused(line, str(wrong)))
    with transaction(platform.engine) as conn:
        kept, unknown = model_probabilities.keep(conn, [one for _, one in said])
    refused += [_unknown(one, *said[one.place]) for one in unknown]
    total = len(said) + len(refused) - len(unknown)
    return ModelImport(
        total,
        kept,
        len(said) - len(unknown) - kept,
        tuple(sorted(refused, key=lambda one: one.line)),
    )


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    if not path.is_file():
        raise NotFound(f"{path} does not exist: name a file")
    if path.stat().st_size > LARGEST:
        raise UsageError(f"{path} is larger than {LARGEST // 1024**2} MiB: divide it")
    with path.open(newline="", encoding="utf-8-sig") as file:
        table = csv.DictReader(file, restval="")
        lacking = [name for name in REQUIRED if name not in (table.fieldnames or ())]
        if lacking:
            raise UsageError(f"{path} lacks the columns {', '.join(lacking)}")
        try:
            for row in table:
                yield table.line_num, {k: (v or "").strip() for k, v in row.items() if k}
        except (csv.Error, UnicodeDecodeError) as broken:
            reason = str(broken)
        else:
            return
    raise UsageError(f"{path} is no CSV file in UTF-8: {reason}")


def _said(row: Mapping[str, str], stated: Stated) -> Said:
    """A row's word.

    Raises:
        ValueError: why there is none.
    """
    for name in REQUIRED:
        if not row[name]:
            raise ValueError(f"{name} is missing")
    chance = _number(row, "probability")
    if chance is None or not 0.0 < chance < 1.0:
        raise ValueError(f"probability {row['probability']} does not lie between 0 and 1")
    model, version = row.get("model") or stated.model, row.get("version") or stated.version
    if not model or not version:
        raise ValueError("neither the row nor the command names a model and its version")
    return Said(
        event_id=row["event_id"],
        market_key=row["market"],
        outcome_name=row["outcome"],
        description=row.get("description") or None,
        point=_number(row, "point"),
        probability=chance,
        model_name=model,
        model_version=version,
        made_at=_made_at(row, stated),
    )


def _number(row: Mapping[str, str], name: str) -> float | None:
    text = row.get(name)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name} {text!r} is no number")
    return value


def _made_at(row: Mapping[str, str], stated: Stated) -> datetime:
    text = row.get("made_at")
    if not text:
        if stated.made_at is None:
            raise ValueError("neither the row nor the command says when it was made")
        return stated.made_at
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        made = None
    if made is None or made.tzinfo is None:
        raise ValueError(f"made_at {text!r} is no time with zone, such as 2026-01-31T18:00:00Z")
    return made


def _unknown(one: Unknown, line: int, said: Said) -> Refused:
    if one.event:
        return Refused(line, f"event {said.event_id!r} is not stored here")
    if one.market:
        return Refused(line, f"market {said.market_key!r} was never seen here")
    about = "" if said.description is None else f" of {said.description!r}"
    return Refused(line, f"outcome {said.outcome_name!r}{about} was never seen here")
