"""Start a command that stays up, press Ctrl-C once it says where it is, and see it end in order.

Run as ``python -m odds_pipeline_tests.documentation.until_ctrl_c COMMAND …``, by ``test_running``.
"""

import os
import signal
import subprocess
import sys

UP = "http://127.0.0.1:"
# Our programs end with 0 or 128 + SIGINT; `make` dies of the signal once what it runs has ended.
IN_ORDER = {0, 128 + signal.SIGINT, -signal.SIGINT}
STOPPED_S = 90


def main(command: list[str]) -> int:
    """Run it; 0 when it came up and ended in order."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl-C reaches the command and all it started, and not us
    ) as running:
        assert running.stdout is not None
        came_up = False
        for line in running.stdout:
            sys.stdout.write(line)
            if not came_up and UP in line:
                came_up = True
                os.killpg(running.pid, signal.SIGINT)
        code = running.wait(STOPPED_S)
    sys.stdout.write(f"came up: {came_up}; ended with {code}\n")
    return 0 if came_up and code in IN_ORDER else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
