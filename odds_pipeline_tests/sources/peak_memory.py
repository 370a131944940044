"""Measures the memory that reading hostile and large documents takes, each in a process of its own.

    python -m odds_pipeline_tests.sources.peak_memory

Prints the growth of the highest resident memory while a body is read (parser only, no database),
and how the reading ended.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from odds_pipeline.catalog.observations import CaptureBasis, RawDocument
from odds_pipeline.errors import OddsPipelineError
from odds_pipeline.sources.files.detect import detect
from odds_pipeline.sources.parse import parse_document
from odds_pipeline.sources.the_odds_api.transport import Limits
from odds_pipeline_tests.sources.conftest import KNOWN, RECEIVED, fixture_bytes

LARGEST = Limits().max_bytes
MIB = 1024 * 1024


def _largest_odds() -> bytes:
    """As many events as the largest allowed answer holds."""
    (first, *_) = json.loads(fixture_bytes("odds_american.json"))
    one = json.dumps(first).replace(first["id"], "event{:08d}")
    one = one.replace("{", "{{").replace("}", "}}").replace("{{:08d}}", "{:08d}")
    number = LARGEST // (len(one) + 1)
    return b"[" + ",".join(one.format(n) for n in range(number)).encode() + b"]"


def _bad_outcomes() -> bytes:
    event = json.loads(fixture_bytes("odds_american.json"))[0]
    outcome = b'{"name":1},'
    event["bookmakers"][0]["markets"][0]["outcomes"] = ["X"]
    head, _, tail = json.dumps([event]).encode().partition(b'"X"')
    return head + (outcome * ((LARGEST - len(head) - len(tail)) // len(outcome)))[:-1] + tail


def _gzip_bomb() -> bytes:
    import gzip

    return gzip.compress(b"[" + b" " * (300 * MIB) + b"]")


BODIES: Mapping[str, Callable[[], bytes]] = {
    "an ordinary answer": lambda: fixture_bytes("odds_american.json"),
    "32 MiB of odds": _largest_odds,
    "32 MiB of one number in odds": lambda: b'[{"id":' + b"9" * (LARGEST - 10) + b"}]",
    "32 MiB nested": lambda: b"[" * LARGEST,
    "32 MiB of empty entries": lambda: b"[" + b"{}," * ((LARGEST - 4) // 3) + b"{}]",
    "32 MiB of bad outcomes": _bad_outcomes,
    "one name of 300 MB (a file)": lambda: (
        b'[{"id":"' + b"x" * 300_000_000 + b'","bookmakers":[]}]'
    ),
    "gzip bomb of 300 MiB (a file)": _gzip_bomb,
}


def _read(body: bytes, is_file: bool) -> str:
    try:
        if is_file:
            body = detect("a file", body).body
        raw = RawDocument(
            "the_odds_api",
            "odds",
            {"sport": "basketball_nba"},
            body,
            RECEIVED,
            CaptureBasis.CLOCK,
            KNOWN,
        )
        document = parse_document(raw)
    except OddsPipelineError as refused:
        return f"refused: {str(refused)[:60]}"
    events = sum(len(capture.events) for capture in document.odds)
    return f"read: {events:,} events, {len(document.rejections):,} rejections"


def _peak() -> float:
    """Highest resident memory of this process in MiB; not its parent's, as getrusage says."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (highest,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(highest) / 1024


def measure(name: str, path: Path) -> str:
    """Read the body at a path; what came of it."""
    body = path.read_bytes()
    before, started = _peak(), time.monotonic()
    ended = _read(body, is_file="(a file)" in name)
    seconds = time.monotonic() - started
    size = len(body) / MIB
    return f"{name:32} {size:7.1f} MiB in, {_peak() - before:+8.1f} MiB, {seconds:5.1f} s, {ended}"


def main() -> int:
    """Measure every body, each in its own process."""
    import tempfile

    if len(sys.argv) == 3:
        sys.stdout.write(f"{measure(sys.argv[1], Path(sys.argv[2]))}\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        for name, make in BODIES.items():
            path = Path(folder) / "body"
            path.write_bytes(make())
            command = [sys.executable, "-m", "odds_pipeline_tests.sources.peak_memory", name]
            subprocess.run([*command, str(path)], check=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
