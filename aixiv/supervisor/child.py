"""Starts one program so that it cannot outlive its parent. Run by path, standard library only, gone after `exec`.

    python child.py PARENT_PID DEATH_SIGNAL UID GID PROGRAM [ARGUMENT...]

The kernel sends `DEATH_SIGNAL` when the thread that started us dies, even by kill -9. A change of user clears that
wish, so the user is changed first; a parent that died before we could ask is noticed by our new parent's id.
UID and GID of -1 keep the user.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PARENT_GONE = 111  # exit status when there is nobody left to serve


def main(arguments: list[str]) -> None:
    parent, signal, uid, gid = (int(word) for word in arguments[:4])
    program = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0:
        sys.exit("the kernel refused to tie this process to its parent")
    if os.getppid() != parent:
        sys.exit(PARENT_GONE)
    os.execv(program[0], program)  # noqa: S606 - there is no shell on purpose


if __name__ == "__main__":
    main(sys.argv[1:])
