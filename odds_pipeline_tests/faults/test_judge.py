"""The judge names every harm: each invariant is broken by hand once, and found."""

from collections.abc import Callable
from typing import NamedTuple

from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix.block import Block, new_block
from odds_pipeline_tests.faults.matrix.judge import verdict


class Broken(NamedTuple):
    """What is done to a sound platform, and what the judge has to say of it."""

    kind: Kind
    words: str
    harm: str | Callable[[Block], object]


def _plant(block: Block) -> object:
    return (block.stage.home / "a.log").write_text(f"asked for ?apiKey={block.stage.key}")


def _say(block: Block) -> object:
    return (block.outside / "said").write_text(f"cannot log in with {block.password}")


def _leave(block: Block) -> object:
    return (block.stage.home / "spool" / "left.answer").write_text("")


def _tell(block: Block) -> object:
    with block.stage.acknowledged.open("a") as told:
        return told.write("2026-03-10T12:00:00+00:00 999 3\n")


# Each leaves the ones before it as they are, so each must add its own finding.
HARMS = (
    Broken(
        Kind.WRONG,
        " quotes at another price",
        """UPDATE quotes SET price = price + 0.01
        WHERE ctid = (SELECT ctid FROM quotes ORDER BY capture_time DESC LIMIT 1)""",
    ),
    Broken(
        Kind.PARTIAL,
        " quotes lost",
        """DELETE FROM quotes q USING (SELECT event_no, selection_id FROM quotes GROUP BY 1, 2
            HAVING count(*) = 1 ORDER BY 1, 2 LIMIT 1) one
        WHERE (q.event_no, q.selection_id) = (one.event_no, one.selection_id)""",
    ),
    Broken(
        Kind.WRONG,
        " quotes that nobody stated",
        """UPDATE names SET name = 'Nobody' WHERE name_id = (SELECT outcome_id FROM selections
            JOIN quotes USING (selection_id) ORDER BY quotes.event_no DESC LIMIT 1)""",
    ),
    Broken(
        Kind.DUPLICATED,
        "I3: 1 snapshots are stored twice",
        """INSERT INTO snapshots OVERRIDING SYSTEM VALUE
        SELECT (jsonb_populate_record(NULL::snapshots, to_jsonb(s) || jsonb_build_object(
            'snapshot_id', 999999, 'known_time', s.known_time + interval '1 s'))).*
        FROM (SELECT * FROM snapshots ORDER BY snapshot_id LIMIT 1) s""",
    ),
    Broken(
        Kind.PARTIAL,
        " quotes without a snapshot",
        """DELETE FROM snapshots WHERE event_no = (SELECT max(event_no) FROM quotes)""",
    ),
    Broken(
        Kind.PARTIAL,
        "I2: 1 documents wait",
        """INSERT INTO pending_raw SELECT max(raw_id), clock_timestamp() FROM raw_responses""",
    ),
    Broken(Kind.PARTIAL, "the spool still holds left.answer", _leave),
    Broken(
        Kind.CHARGED,
        "I4: 7 credits are booked, the provider charged 6",
        """INSERT INTO credit_ledger (call_id, entry, credits, key_fingerprint, purpose, endpoint)
        VALUES (gen_random_uuid(), 'correction', 1, 'x', 'live', 'odds')""",
    ),
    Broken(
        Kind.CHARGED,
        "I4: 1 reservations were never closed",
        """INSERT INTO credit_ledger (call_id, entry, credits, key_fingerprint, purpose, endpoint)
        VALUES (gen_random_uuid(), 'reserved', 3, 'x', 'live', 'odds')""",
    ),
    Broken(
        Kind.OPEN,
        "I6: 1 slots are planned",
        """INSERT INTO slots (purpose, sport_key, slot_time) VALUES ('live', 'x', now())""",
    ),
    Broken(
        Kind.OPEN,
        "I6: 1 slots are a gap without a reason",
        """INSERT INTO slots (purpose, sport_key, slot_time, status, reason)
        VALUES ('live', 'y', now(), 'gap', '')""",
    ),
    Broken(Kind.SECRET, "I5: a.log: plain", _plant),
    Broken(Kind.SECRET, "I5: what a process said: plain", _say),
    Broken(
        Kind.SECRET,
        "I5: public.names.name: plain",
        """INSERT INTO names (name) SELECT key FROM secret""",
    ),
    Broken(
        Kind.DUPLICATED,
        "I1: slot 2026-03-10 12:10:00+00:00 is stored 2 times",
        """UPDATE fetch_logs SET slot_id = (SELECT max(slot_id) FROM fetch_logs)""",
    ),
    Broken(
        Kind.WRONG,
        "I1: a body differs from what was received",
        """UPDATE raw_bodies SET body = (SELECT body FROM raw_bodies ORDER BY raw_id LIMIT 1)""",
    ),
    Broken(Kind.LOST, "I1: slot 2026-03-10T12:00:00+00:00 was told as raw 999: not stored", _tell),
    Broken(
        Kind.LOST,
        "I1: slot 2026-03-10T12:10:00+00:00 was told as raw 2: not stored",
        "DELETE FROM raw_bodies WHERE raw_id = 2",
    ),
)


def test_each_harm_is_named(database_url: str) -> None:
    with new_block(database_url) as block, block.opened() as platform:
        for number in block.take(2):
            assert block.collect(platform, number)
        before: set[Finding] = set()
        assert verdict(block, platform) == []
        for broken in HARMS:
            _harm(block, broken.harm)
            after = set(verdict(block, platform))
            added = {one for one in after - before if one.kind is broken.kind}
            assert any(broken.words in one.words for one in added), (broken, added)
            before = after


def _harm(block: Block, harm: str | Callable[[Block], object]) -> None:
    if not isinstance(harm, str):
        harm(block)
        return
    with block.admin() as conn:
        conn.execute("SET session_replication_role = replica")  # triggers would refuse it
        conn.execute("CREATE TEMPORARY TABLE secret (key text)")
        conn.execute("INSERT INTO secret VALUES (%s)", (block.stage.key,))
        conn.execute(harm)
