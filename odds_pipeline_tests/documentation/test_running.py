"""README and docs, typed in a fresh copy from top to bottom, with the loopback provider.

Slow: each page takes its own database, and README two weeks of history.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from odds_pipeline_tests.cli.conftest import FIXTURES, NAMES, OURS
from odds_pipeline_tests.cli.test_supervisor import free_port
from odds_pipeline_tests.documentation.background import end
from odds_pipeline_tests.documentation.blocks import PAGES, REPOSITORY, Block, blocks

README = REPOSITORY / "README.md"
RUN = [page for page in PAGES if page != README and any(block.is_run for block in blocks(page))]
# What a reader brings: a recorded response, and a season's archive.
OWNED = {"responses/odds.json": "odds_american.json", "E0.csv": "archive_football.csv"}
OWNED |= {"recorded/odds.json": "odds_american.json"}
# What make compares with its stamps: copied, so that whoever works meanwhile changes nothing here.
SET_UP_BY = ("pyproject.toml", "requirements.lock", "requirements-dev.lock")
_PROLOGUE = """
set -eE -o pipefail
trap 'echo "failed ($?): $BASH_COMMAND" >&2' ERR
until_ctrl_c() { .venv/bin/python -m odds_pipeline_tests.documentation.until_ctrl_c "$@"; }
"""


@pytest.fixture
def copy(home: Path) -> Iterator[Path]:
    """A copy of the checkout: what it makes stays in it. What runs in it is stopped at the end."""
    made = checkout(home / "copy")
    yield made
    stop(made)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder of a DEMO of two days."""
    made = checkout(tmp_path_factory.mktemp("sample") / "copy")
    typed(made, ". .venv/bin/activate\nodds db init --sample-data\nodds db stop\n")
    return made / ".odds"


def checkout(folder: Path) -> Path:
    """Our files under another name, with an environment that `make` takes for set up."""
    folder.mkdir(parents=True)
    for entry in REPOSITORY.iterdir():
        if entry.name not in {".odds", ".venv", ".git", ".env"}:
            make = shutil.copy if entry.name in SET_UP_BY else os.symlink
            make(entry, folder / entry.name)
    (folder / ".venv").mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / name).symlink_to(REPOSITORY / ".venv" / name)
    for stamp in (".run", ".dev"):
        (folder / ".venv" / stamp).touch()
    for name, fixture in OWNED.items():
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(FIXTURES / fixture, folder / name)
    return folder


def typed(folder: Path, script: str) -> None:
    """Type a page's commands in one shell; the first that fails ends it.

    Raises:
        AssertionError: one failed; the message holds what was said.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(OURS) and name not in NAMES
    }
    ports = {"ODDS_UI_PORT": str(free_port()), "ODDS_SIMULATOR_PORT": str(free_port())}
    log = folder / "typed.log"
    with (
        log.open("w") as said,
        subprocess.Popen(
            ["/bin/bash", "-c", _PROLOGUE + script],
            cwd=folder,
            env=kept | ports | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as shell,
    ):
        try:
            code = shell.wait()
        finally:
            if shell.poll() is None:  # this test was stopped itself
                os.killpg(shell.pid, signal.SIGTERM)
    assert code == 0, log.read_text()[-4000:]


def stop(folder: Path) -> None:
    """End the server and the programs in the background that the page left running."""
    for home in folder.glob(".odds*"):
        end(home)


def script_of(page: Path) -> str:
    """A page as one shell script: files it shows are written, commands that stay up interrupted."""
    return "\n".join(_piece(block) for block in blocks(page))


def _piece(block: Block) -> str:
    if block.is_file:
        name = block.note.split()[0]
        folder = f"mkdir -p $(dirname {name})\n" if "/" in name else ""
        return f"{folder}cat > {name} <<'END OF FILE'\n{block.text}END OF FILE\n"
    if block.is_run:
        return "\n".join(map(_line, block.text.splitlines()))
    if block.language == "python" and not block.note and ">>>" not in block.text:
        return f"python - <<'END OF FILE'\n{block.text}END OF FILE\n"
    return ""


def _line(line: str) -> str:
    command, _, comment = line.partition("#")
    return f"until_ctrl_c {command}" if "until Ctrl-C" in comment else line


@pytest.mark.slow
def test_the_readme_works_from_top_to_bottom(copy: Path) -> None:
    typed(copy, script_of(README))
    made = {path.name for path in copy.iterdir()}
    assert {"odds.parquet", "odds.parquet.columns.json"} <= made


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_a_page_works_from_top_to_bottom(page: Path, copy: Path, sample: Path) -> None:
    # With its owners: as root the embedded server is another user's.
    subprocess.run(["/bin/cp", "-a", str(sample), str(copy / ".odds")], check=True)
    typed(copy, f". .venv/bin/activate\n{script_of(page)}")
