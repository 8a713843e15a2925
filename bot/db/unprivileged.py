"""PostgreSQL refuses root: as whom a Lucy who is root runs it."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

from bot.errors import SettingError

_FORBIDDEN = (
    "LUCY_HOME: PostgreSQL does not run as root, user namespaces are forbidden here, and {user} cannot be used for "
    "{home}: run Lucy as an ordinary user, or set DATABASE_URL"
)


class Account:
    """An ordinary user for the folder of one server: oneself, unless one is root."""

    def __init__(self, home: Path, program: Path) -> None:
        """`program` is what the user must be able to run. Nothing is touched before `words`."""
        self._home, self._program = home, program

    def words(self) -> list[str]:
        """What to put before a command.

        Root works in a user namespace, so that the files stay root's; a folder that is someone else's is worked on as
        its owner; where namespaces are forbidden the folder is given to `nobody`. Raises SettingError.
        """
        if os.geteuid() != 0:
            return []
        owner = self._home.stat()
        if owner.st_uid != 0:
            return self._tried(owner.st_uid, owner.st_gid)
        named = next(user for user in pwd.getpwall() if user.pw_uid)  # initdb refuses a user without a name
        namespace = ["unshare", "--user", f"--map-user={named.pw_uid}", f"--map-group={named.pw_gid}"]
        if _runs([*namespace, str(self._program), "--version"]):
            return namespace
        return self._given_to_nobody()

    def hand_over(self, *paths: Path) -> None:
        """Make files that root wrote the folder's owner's, so that both the server and its owner can use them."""
        if os.geteuid() != 0:
            return
        owner = self._home.stat()
        for path in paths:
            if path.exists() and path.lstat().st_uid != owner.st_uid:
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def _given_to_nobody(self) -> list[str]:
        nobody = next((user for user in pwd.getpwall() if user.pw_name == "nobody"), None)
        if nobody is None or not self._reachable_from_above(nobody.pw_uid, nobody.pw_gid):
            raise SettingError(_FORBIDDEN.format(user="nobody", home=self._home.name))
        for path in [*self._home.rglob("*"), self._home]:  # the folder last: until then nobody else gets in
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        return self._tried(nobody.pw_uid, nobody.pw_gid)

    def _reachable_from_above(self, uid: int, gid: int) -> bool:
        return _runs([*_as(uid, gid), "sh", "-c", 'cd "$1"', "sh", str(self._home.parent)])

    def _tried(self, uid: int, gid: int) -> list[str]:
        words = _as(uid, gid)
        reaches = 'cd "$1" && "$2" --version'
        if not _runs([*words, "sh", "-c", reaches, "sh", str(self._home), str(self._program)]):
            raise SettingError(_FORBIDDEN.format(user=f"user {uid}", home=self._home.name))
        return words


def _as(uid: int, gid: int) -> list[str]:
    return ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]


def _runs(command: list[str]) -> bool:
    try:
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    return True
