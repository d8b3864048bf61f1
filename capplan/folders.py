"""Folders that are being written: held while their process lives, removed when it is ended, swept up when it was killed."""

import os
import re
import shutil
import signal
import socket
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

MARKER = ".capplan"
"""File that says a folder was written by capplan, so that ``--force`` never takes anybody else's for its own."""
ASIDE, GONE = ".old", ".gone"
"""Endings of what a working folder replaces: while it may yet be put back, and when it no longer may."""
PATIENCE_S = 1.0
"""How long a process that is told to end may take to clear up by itself. [s]"""
UNHELD_S = 60.0
"""Age from which an empty working folder that nobody holds is nobody's. [s]"""


def working_folder(path):
    """Make a hidden folder beside a place to write to, and hold it for as long as this process lives.

    Parameters
    ----------
    path : Path
        The place; its parent exists.

    Returns
    -------
    tuple of (Path, file)
        The folder, and its marker, open and locked where the system can lock files; close it to let go.
    """
    work = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    held = open(work / MARKER, "w", encoding="utf-8")  # noqa: SIM115 - it is held open on purpose
    _hold(held)
    held.write("Being written by capplan; what is here is not whole.\n")
    held.flush()
    return work, held


def _hold(file):
    """Lock a file; whether it could be. ``None`` where the system, or this disk, cannot lock."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def sweep(path):
    """Tidy up after processes that were killed while they wrote to a place.

    Parameters
    ----------
    path : Path
        The place. What was moved aside to be replaced is put back where nothing stands in its place.

    Notes
    -----
    A process that lives holds a lock on the marker of its working folder; the system lets go of it however the process
    ends. Without locks nothing is swept. *Counterexample:* a disk shared by two computers that do not share locks, where a
    folder would seem to be nobody's; such disks refuse locks, as a rule, and then it is left.
    """
    pattern = re.compile(re.escape(f".{path.name}.") + rf"([a-z0-9_]{{8}})({re.escape(ASIDE)}|{re.escape(GONE)})?")
    for entry in sorted(os.scandir(path.parent), key=lambda entry: entry.name):
        found = pattern.fullmatch(entry.name)
        if found and entry.is_dir(follow_symlinks=False):
            work = path.with_name(f".{path.name}.{found[1]}")
            if not work.exists() or _is_free(work):
                _sweep_one(Path(entry), path)


def _sweep_one(left, path):
    """Remove what a dead process left, or put back what it had moved aside."""
    if left.suffix == ASIDE and not path.exists():
        os.replace(left, path)
        return
    if left.suffix == ASIDE:
        left = left.replace(left.with_suffix(GONE))
    shutil.rmtree(left, ignore_errors=True)


def _is_free(folder):
    """Whether a working folder is known to be held by nobody."""
    try:
        with open(folder / MARKER, "r+", encoding="utf-8") as marker:
            return _hold(marker) is True
    except OSError:
        with suppress(OSError):
            return not any(folder.iterdir()) and time.time() - folder.stat().st_mtime > UNHELD_S
        return False


@contextmanager
def ending_cleanly(work):
    """Turn a request to end (SIGTERM, a closed terminal) into ``SystemExit``, so that what is half written goes.

    Parameters
    ----------
    work : Path
        The working folder. Where the process does not come back to Python in time, as in a long solve, the folder is
        removed from beside it, so that nothing is left should it be killed for its delay.

    Notes
    -----
    The process ends when it comes back, as after Ctrl-C. *Counterexample:* a solver allowed an hour may take the rest
    of it. Left alone: a process whose owner handles these signals, and threads that are not the main one.
    """
    ours = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    ours = [kind for kind in ours if signal.getsignal(kind) == signal.SIG_DFL]
    if not ours or threading.current_thread() is not threading.main_thread():
        yield
        return
    ended, (reader, writer) = threading.Event(), socket.socketpair()
    writer.setblocking(False)

    def end(number, _frame):
        """Leave, by way of everybody's clearing up."""
        raise SystemExit(128 + number)

    watcher = threading.Thread(target=_watch, args=(reader, {int(kind) for kind in ours}, ended, work), daemon=True)
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    for kind in ours:
        signal.signal(kind, end)
    watcher.start()
    try:
        yield
    finally:
        for kind in ours:
            signal.signal(kind, signal.SIG_DFL)
        signal.set_wakeup_fd(before)
        ended.set()
        writer.close()
        watcher.join()
        reader.close()


def _watch(reader, numbers, ended, work):
    """Wait for a signal; where the process does not clear up soon after it, remove the working folder from beside it."""
    while told := reader.recv(64):
        wanted = numbers & set(told)
        if wanted and not ended.wait(PATIENCE_S):
            shutil.rmtree(work, ignore_errors=True)
