"""Turns a fresh Python process into a server that dies with its parent. Run by path; it knows nothing of the project.

launch.py PARENT SIGNAL [FOLDER ...] -- PROGRAM [ARGUMENT ...]

With folders, the program is one that refuses root and wants a name in the user database, as PostgreSQL does:
it then runs as the owner of the folders, or in a user namespace, or as `nobody`, to whom the folders are given.
"""

import ctypes
import os
import pwd
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def main(parent: int, death_signal: int, folders: list[Path], program: list[str]) -> None:
    """Become the program."""
    if folders and not _is_ordinary():
        _become_ordinary(folders)
        _insist_on_access([Path(program[0]), *folders])
    _die_with(parent, death_signal)
    try:
        os.execv(program[0], program)  # noqa: S606
    except OSError as error:
        sys.exit(f"User {os.geteuid()} cannot run {program[0]}: {error.strerror}.")


def _die_with(parent: int, death_signal: int) -> None:
    # Trap: the kernel forgets this at every change of credentials, so it comes last.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        sys.exit("The parent was gone before the server began.")


def _is_ordinary() -> bool:
    try:
        return pwd.getpwuid(os.geteuid()).pw_uid != 0
    except KeyError:
        return False


def _become_ordinary(folders: list[Path]) -> None:
    owner = folders[0].stat().st_uid
    if os.geteuid() == 0 and owner != 0:
        _drop_to(pwd.getpwuid(owner), folders)
    elif _namespaces_are_allowed():
        _enter_namespace()
    elif os.geteuid() == 0:
        _drop_to(pwd.getpwnam("nobody"), folders)
    else:
        sys.exit(f"User {os.geteuid()} has no name in the user database; PostgreSQL needs one.")


def _insist_on_access(paths: list[Path]) -> None:
    for path in paths:
        if not os.access(path, os.X_OK):
            sys.exit(
                f"PostgreSQL refuses root, and the user it runs as instead may not enter {path}: let others pass "
                "through the folders above it (chmod o+x), or start BuurtThuis as an ordinary user."
            )


def _namespaces_are_allowed() -> bool:
    """Try it in a child, since a half-made namespace cannot be left again."""
    child = os.fork()
    if child == 0:
        os._exit(_exit_code_of_entering())
    return os.waitpid(child, 0)[1] == 0


def _exit_code_of_entering() -> int:
    try:
        _enter_namespace()
    except (OSError, AttributeError):
        return 1
    return 0


def _enter_namespace() -> None:
    """Stay the same user, and be called `nobody`."""
    nobody, uid, gid = pwd.getpwnam("nobody"), os.geteuid(), os.getegid()
    if ctypes.CDLL(None).unshare(CLONE_NEWUSER) != 0:
        raise PermissionError("user namespaces are forbidden")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{nobody.pw_uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{nobody.pw_gid} {gid} 1")


def _drop_to(user: pwd.struct_passwd, folders: list[Path]) -> None:
    for folder in folders:
        _give(folder, user)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def _give(folder: Path, user: pwd.struct_passwd) -> None:
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


if __name__ == "__main__":
    split = sys.argv.index("--")
    main(
        int(sys.argv[1]),
        int(sys.argv[2]),
        [Path(folder) for folder in sys.argv[3:split]],
        sys.argv[split + 1 :],
    )
