"""A process that uses the embedded server until its standard input closes.

Run as ``python -m odds_pipeline_tests.storage.embedded.user_process HOME``; prints the URL when
the server answers.
"""

import sys
from pathlib import Path

from odds_pipeline.cli.signals import orderly_exit
from odds_pipeline.storage.embedded import EmbeddedServer


def main() -> None:
    with orderly_exit(), EmbeddedServer(Path(sys.argv[1]), durable=False) as url:
        print(url, flush=True)  # noqa: T201  # the test reads it
        sys.stdin.read()


if __name__ == "__main__":
    main()
