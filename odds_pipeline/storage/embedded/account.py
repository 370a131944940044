"""Under which account the PostgreSQL programs run, and how they reach their folder.

PostgreSQL refuses to run as root. A normal user runs it as itself. Root runs it as the owner of
the cluster's folder (``nobody`` for a new one). When that account cannot reach the folder or the
programs, because a parent folder is private to root, the programs get one capability instead,
``dac_override``: no mode of any parent folder is changed and no system account is made.
``no_setuid_fixup`` goes with it because the kernel otherwise ignores the capability in
``access(2)``, with which PostgreSQL looks for its own programs.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from odds_pipeline.storage.embedded.binaries import Binaries
from odds_pipeline.storage.embedded.layout import no_embedded_server

_UNPRIVILEGED = "nobody"
_REACH = '"$1" -V >/dev/null 2>&1 && test -r "$2" && test -w "$3"'


@dataclass(frozen=True)
class Account:
    """How to run a program for one cluster folder."""

    uid: int | None
    gid: int | None
    prefix: tuple[str, ...] = ()

    def run(self, arguments: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, out of reach of the terminal's Ctrl-C.

        The environment holds no secret of ours and no ``PG*`` variable of the user's.
        """
        return subprocess.run(
            [*self.prefix, *map(str, arguments)],
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,
            umask=0o077,
            check=False,
        )


def hand_over(folder: Path) -> None:
    """Give a new folder of the cluster to the account that will run the server.

    Raises:
        DatabaseUnavailable: root may not give files away here.
    """
    if os.geteuid() != 0:
        return
    owner = _server_owner(folder.parent.stat().st_uid)
    try:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    except OSError as refused:
        reason = f"root cannot give it to {owner.pw_name} ({refused.strerror})"
        raise no_embedded_server(folder, reason) from None


def _server_owner(home_owner: int) -> pwd.struct_passwd:
    """The user whose home it is; ``nobody`` for root's and for an owner without a name.

    A nameless account will not do: ``initdb`` asks the system for its own name.
    """
    if home_owner:
        with suppress(KeyError):
            return pwd.getpwuid(home_owner)
    return pwd.getpwnam(_UNPRIVILEGED)


def account_of(folder: Path, binaries: Binaries) -> Account:
    """The account that owns ``folder``, with what it needs to reach it.

    Raises:
        DatabaseUnavailable: this process cannot become that account.
    """
    owner = folder.stat()
    if os.geteuid() != 0:
        if owner.st_uid != os.geteuid():
            raise no_embedded_server(folder, f"it belongs to user id {owner.st_uid}, not to you")
        return Account(None, None)
    if owner.st_uid == 0:
        raise no_embedded_server(folder, "it belongs to root, as whom PostgreSQL refuses to run")
    plain = Account(owner.st_uid, owner.st_gid)
    if _reaches(plain, folder, binaries):
        return plain
    capable = _capable(owner.st_uid, owner.st_gid)
    if capable is not None and _reaches(capable, folder, binaries):
        return capable
    raise no_embedded_server(
        folder, f"user id {owner.st_uid} cannot reach it and setpriv does not help"
    )


def _capable(uid: int, gid: int) -> Account | None:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return None
    # Only dac_override: containers that allow it often do not allow dac_read_search.
    return Account(
        None,
        None,
        (
            setpriv,
            f"--reuid={uid}",
            f"--regid={gid}",
            "--clear-groups",
            "--securebits=+no_setuid_fixup",
            "--inh-caps=-all,+dac_override",
            "--ambient-caps=-all,+dac_override",
        ),
    )


def _reaches(account: Account, folder: Path, binaries: Binaries) -> bool:
    try:
        found = account.run(
            ["/bin/sh", "-c", _REACH, "sh", binaries.postgres, binaries.bootstrap, folder]
        )
    except OSError:
        return False
    return found.returncode == 0
