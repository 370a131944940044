"""The machine: room, permissions, ports, and what waits on its disk."""

from odds_pipeline.services.backup.daily import OVERDUE
from odds_pipeline.services.doctor.examination import Examination, Port
from odds_pipeline.services.doctor.findings import Check, Finding, fail, ok, warn

GIB = 2**30
NEEDED_BYTES = 2 * GIB
LEAST_BYTES = GIB // 4


def free_disk(seen: Examination) -> Finding:
    """Room for a season of one sport (under 2 GiB); far less, and PostgreSQL stops."""
    free = seen.home.free_bytes
    found = f"{free / GIB:,.1f} GiB free for {seen.home.path} (needed: {NEEDED_BYTES / GIB:g} GiB)"
    advice = "make room, or move ODDS_HOME to a larger disk"
    if free < LEAST_BYTES:
        return fail("disk", found, advice)
    return ok("disk", found) if free >= NEEDED_BYTES else warn("disk", found, advice)


def home_folder(seen: Examination) -> Finding:
    """Ours, writable, and nobody else's to write to."""
    home = seen.home
    if not home.exists:
        if home.writable:
            return ok("home folder", f"{home.path} will be made")
        return fail("home folder", f"{home.path} cannot be made", "set ODDS_HOME elsewhere")
    if not home.writable:
        return fail(
            "home folder", f"{home.path} cannot be written to", "chown it, or set ODDS_HOME"
        )
    if not home.ours:
        return warn(
            "home folder",
            f"{home.path} belongs to another user",
            "run odds as its owner: files of two users end in refusals",
        )
    if not home.private:
        return warn("home folder", f"others may write to {home.path}", f"chmod go-w {home.path}")
    return ok("home folder", f"{home.path} is ours")


def secret_files(seen: Examination) -> Finding | None:
    """Files with secrets in them are for their owner's eyes."""
    if not seen.home_files:
        return None
    open_ones = [str(path) for path, mode in seen.home_files.items() if mode & 0o077]
    if open_ones:
        return warn(
            "secret files",
            f"others may read {', '.join(open_ones)}",
            f"chmod 600 {' '.join(open_ones)}",
        )
    return ok("secret files", "only their owner may read them")


def ports(seen: Examination) -> Finding:
    """The UI's and the loopback provider's ports are free, or held by the `odds up` of here."""
    numbers = ", ".join(str(port.number) for port in seen.ports)
    if seen.up_pid:
        return ok("ports", f"{numbers}: odds up runs here (pid {seen.up_pid})")
    taken = [port for port in seen.ports if not port.free]
    if not taken:
        return ok("ports", f"{numbers} free")
    judge = warn if all(port.answers for port in taken) else fail
    return judge(
        "ports",
        "; ".join(_holder(port) for port in taken),
        f"before `odds up`, stop it or set {' and '.join(port.setting for port in taken)}",
    )


def _holder(port: Port) -> str:
    who = "an odds program of somewhere else" if port.answers else "another program"
    return f"port {port.number} is used by {who}"


def spool(seen: Examination) -> Finding:
    """Paid answers that wait on disk are stored by whatever runs next."""
    if not seen.spooled:
        return ok("spool", "empty")
    since = f" since {seen.oldest_spooled:%Y-%m-%d %H:%M} UTC" if seen.oldest_spooled else ""
    return warn(
        "spool",
        f"{seen.spooled} paid answers wait on disk{since}",
        "start `odds up` or `odds fetch`: it stores them first; do not delete them",
    )


def backup(seen: Examination) -> Finding | None:
    """Real odds cost money: somewhere there is a proven copy, not old."""
    if seen.settings.demo:
        return None
    advice = "`odds db backup --drill`; `odds scheduler start` takes one every night"
    if seen.last_backup is None:
        return warn("backup", f"no proven one in {seen.settings.backups}", advice)
    found = f"the last proven one is of {seen.last_backup:%Y-%m-%d %H:%M} UTC"
    return (
        ok("backup", found)
        if seen.now - seen.last_backup <= OVERDUE
        else warn("backup", found, advice)
    )


CHECKS: tuple[Check, ...] = (free_disk, home_folder, secret_files, ports, spool, backup)
