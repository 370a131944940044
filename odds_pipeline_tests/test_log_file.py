"""The log file: a day each, thirty days kept, any number of writers, no secret."""

import json
import logging
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from pydantic import SecretStr

from odds_pipeline.errors import SettingsError
from odds_pipeline.log_file import KEPT_DAYS, DailyFileHandler, run_log, start_logging
from odds_pipeline.settings import Settings


class Days:
    """Writers that share a file and a calendar."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.today = date(2026, 3, 1)

    def writer(self) -> DailyFileHandler:
        return DailyFileHandler(self.path, lambda: self.today)

    def write(self, handler: DailyFileHandler, text: str) -> None:
        handler.emit(logging.makeLogRecord({"msg": text}))
        noon = datetime(self.today.year, self.today.month, self.today.day, 12, tzinfo=UTC)
        os.utime(self.path, (noon.timestamp(),) * 2)


def test_a_file_holds_a_day_whoever_writes(tmp_path: Path) -> None:
    days = Days(tmp_path / "odds.log")
    one, two = days.writer(), days.writer()
    days.write(one, "a")
    days.write(two, "b")
    days.today += timedelta(days=1)
    days.write(two, "c")
    days.write(one, "d")
    days.write(one, "e")
    assert days.path.read_text().split() == ["c", "d", "e"]
    assert days.path.with_name("odds.log.2026-03-01").read_text().split() == ["a", "b"]
    one.close()
    two.close()


def test_days_are_removed_when_they_were_kept_long_enough(tmp_path: Path) -> None:
    days = Days(tmp_path / "odds.log")
    for age in (KEPT_DAYS - 1, KEPT_DAYS, KEPT_DAYS + 1, 400):
        days.path.with_name(f"odds.log.{days.today - timedelta(days=age)}").write_text("x")
    days.path.with_name("odds.log.2026-99-99").write_text("not a day")
    days.path.with_name("other.log.2020-01-01").write_text("not ours")
    writer = days.writer()
    days.write(writer, "a")
    writer.close()
    kept = sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("."))
    assert kept == [
        "odds.log",
        f"odds.log.{days.today - timedelta(days=KEPT_DAYS)}",
        f"odds.log.{days.today - timedelta(days=KEPT_DAYS - 1)}",
        "odds.log.2026-99-99",
        "other.log.2020-01-01",
    ]


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    root, factory = logging.getLogger(), logging.getLogRecordFactory()
    level, handlers = root.level, list(root.handlers)
    yield
    for handler in [each for each in root.handlers if each not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.setLogRecordFactory(factory)
    structlog.reset_defaults()


def test_lines_are_json_at_the_chosen_level_without_secrets(
    tmp_path: Path, logging_as_it_was: None
) -> None:
    file = tmp_path / "deep" / "my.log"
    start_logging(
        Settings(
            _env_file=None,
            odds_api_key=SecretStr("canary/key"),
            log_file=file,
            log_level="WARNING",
        )
    )
    log = structlog.get_logger("ours")
    log.info("unseen")
    log.warning("calling", url="/v4?apiKey=canary%2Fkey", tries=2, more={"k": ["canary/key"]})
    logging.getLogger("theirs").warning("%s", "canary/key", extra={"address": "canary/key"})
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["calling", "[removed]"]
    assert (lines[0]["tries"], lines[0]["level"], lines[0]["logger"]) == (2, "warning", "ours")
    assert lines[0]["timestamp"].endswith("Z")
    assert "canary" not in file.read_text()


def test_lines_may_be_readable_and_a_run_names_itself(
    tmp_path: Path, logging_as_it_was: None
) -> None:
    file = tmp_path / "my.log"
    settings = Settings(_env_file=None, log_file=file, log_format="readable")
    with run_log(settings, run_id="r1", job="capture"):
        logging.getLogger("ours").info("odds_fetched", extra={"events": 9})
    logging.getLogger("ours").error("after the run")
    (line,) = file.read_text().splitlines()
    assert "[info     ] odds_fetched" in line
    assert {"events=9", "run_id=r1", "job=capture"} <= set(line.split())


def test_a_webhook_is_in_no_line(tmp_path: Path, logging_as_it_was: None) -> None:
    token, file = "canary-token-canary-token", tmp_path / "my.log"
    webhook = f"https://discord.com/api/webhooks/12/{token}"
    start_logging(Settings(_env_file=None, log_file=file, discord_webhook_url=SecretStr(webhook)))
    logging.getLogger("urllib3").warning("POST /api/webhooks/12/%s 404", token)
    assert "canary" not in file.read_text()
    assert "[removed]" in file.read_text()


def test_a_run_goes_on_without_its_log(tmp_path: Path, logging_as_it_was: None) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings(_env_file=None, log_file=tmp_path / "file" / "my.log")
    with pytest.raises(SettingsError):
        start_logging(settings)
    with run_log(settings, run_id="r1"):
        logging.getLogger("ours").info("collected")
