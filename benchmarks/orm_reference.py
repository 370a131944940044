"""The reference side of the ingest benchmarks: what a plain SQLAlchemy ORM project does.

Events, snapshots with the event's JSON and one row an outcome with six indexes; every event of a
body looked up, every row an object, one commit an event. Nothing of ``odds_pipeline`` is used.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, ForeignKey, Index, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import DateTime

from benchmarks.bodies import Body, Quote

TABLES = ("ref_events", "ref_odds_snapshots", "ref_odds")


class Base(DeclarativeBase):
    """The reference's metadata."""

    type_annotation_map = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB}  # noqa: RUF012


class Event(Base):
    """One game."""

    __tablename__ = "ref_events"
    id: Mapped[str] = mapped_column(primary_key=True)
    sport_key: Mapped[str]
    sport_title: Mapped[str]
    commence_time: Mapped[datetime]
    home_team: Mapped[str]
    away_team: Mapped[str]
    status: Mapped[str] = mapped_column(default="scheduled")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OddsSnapshot(Base):
    """One event of one answer, as JSON."""

    __tablename__ = "ref_odds_snapshots"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("ref_events.id"), index=True)
    snapshot_time: Mapped[datetime] = mapped_column(index=True)
    raw_data: Mapped[dict[str, Any]]
    bookmaker_count: Mapped[int]
    api_request_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Odds(Base):
    """One outcome of one answer."""

    __tablename__ = "ref_odds"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("ref_events.id"), index=True)
    bookmaker_key: Mapped[str] = mapped_column(index=True)
    bookmaker_title: Mapped[str]
    market_key: Mapped[str] = mapped_column(index=True)
    outcome_name: Mapped[str]
    price: Mapped[int]
    point: Mapped[float | None]
    odds_timestamp: Mapped[datetime] = mapped_column(index=True)
    last_update: Mapped[datetime]
    is_valid: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        Index("ix_ref_odds_event_time", "event_id", "odds_timestamp"),
        Index("ix_ref_odds_event_book_market", "event_id", "bookmaker_key", "market_key"),
    )


def create(engine: Engine) -> None:
    """Make the reference's tables."""
    Base.metadata.create_all(engine)


def ingest(engine: Engine, body: Body) -> None:
    """Write one answer: an event at a time, a commit each."""
    for stated in json.loads(body.content):
        with Session(engine) as session:
            start = datetime.fromisoformat(stated["commence_time"])
            event = session.get(Event, stated["id"])
            if event is None:
                teams = {k: stated[k] for k in ("sport_key", "sport_title", "home_team")}
                event = Event(
                    id=stated["id"], commence_time=start, away_team=stated["away_team"], **teams
                )
                session.add(event)
            event.commence_time = start
            session.add(
                OddsSnapshot(
                    event_id=stated["id"],
                    snapshot_time=body.received_at,
                    raw_data=stated,
                    bookmaker_count=len(stated["bookmakers"]),
                )
            )
            for book in stated["bookmakers"]:
                for market in book["markets"]:
                    for outcome in market["outcomes"]:
                        session.add(
                            Odds(
                                event_id=stated["id"],
                                bookmaker_key=book["key"],
                                bookmaker_title=book["title"],
                                market_key=market["key"],
                                outcome_name=outcome["name"],
                                price=outcome["price"],
                                point=outcome.get("point"),
                                odds_timestamp=body.received_at,
                                last_update=datetime.fromisoformat(market["last_update"]),
                            )
                        )
            session.commit()


def quotes(engine: Engine, moment: datetime) -> list[Quote]:
    """The stored quotes of one answer."""
    with Session(engine) as session:
        rows = session.execute(
            select(
                Odds.event_id,
                Odds.bookmaker_key,
                Odds.market_key,
                Odds.outcome_name,
                Odds.price,
                Odds.point,
            ).where(Odds.odds_timestamp == moment)
        )
        return [row._tuple() for row in rows]


def size(engine: Engine, tables: Sequence[str] = TABLES) -> int:
    """Bytes of the tables with their indexes and TOAST."""
    with engine.connect() as conn:
        statement = text(
            "SELECT sum(pg_total_relation_size(t::regclass)) FROM unnest(CAST(:t AS text[])) t"
        )
        return int(conn.execute(statement, {"t": list(tables)}).scalar_one())
