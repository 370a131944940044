"""``python -m odds_pipeline_tests.faults``: the long kill loop, its seed printed for a replay."""

import argparse
import random
import sys

from odds_pipeline_tests.faults import kill_loop


def main() -> int:
    """Run the loop; exit code 1 if an invariant is broken."""
    parser = argparse.ArgumentParser(prog="python -m odds_pipeline_tests.faults")
    parser.add_argument("--seconds", type=float, default=100.0)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    chosen = parser.parse_args()
    replay = f"--seconds {chosen.seconds:g} --seed {chosen.seed}"
    sys.stdout.write(f"{parser.prog} {replay}\n")
    sys.stdout.flush()
    verdict = kill_loop.run(chosen.seconds, chosen.seed)
    sys.stdout.write("\n".join(verdict.lines()) + "\n")
    return bool(verdict.broken)


if __name__ == "__main__":
    sys.exit(main())
