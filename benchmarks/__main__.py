"""The command: runs the named benchmarks, all of them without a name."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.harness import Result, Skipped, line, machine
from benchmarks.registry import BENCHMARKS, LARGE


def main() -> int:
    """Run, print, and return 1 when a target was missed."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    known = {**BENCHMARKS, **LARGE}
    asked.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    asked.add_argument("--json", type=Path, metavar="FILE", help="write every figure here too")
    options = asked.parse_args()
    unknown = [name for name in options.names if name not in known]
    if unknown:
        asked.error(f"unknown benchmark {unknown[0]!r}; choose from {', '.join(known)}")
    print(machine())
    results: list[Result] = []
    skipped: dict[str, str] = {}
    for name in options.names or BENCHMARKS:
        try:
            found = known[name]()
        except Skipped as reason:
            skipped[name] = str(reason)
            print(f"{name}: skipped, {reason}")
            continue
        results.extend(found)
        print("\n".join(line(result) for result in found), flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(_report(results, skipped), indent=2) + "\n")
    return int(any(r.target is not None and (r.ratio or 0.0) < r.target for r in results))


def _report(results: list[Result], skipped: dict[str, str]) -> dict[str, Any]:
    return {
        "machine": machine(),
        "results": [asdict(result) | {"ratio": result.ratio} for result in results],
        "skipped": skipped,
    }


if __name__ == "__main__":
    sys.exit(main())
