"""A file system that fails on purpose, under the real SQLite.

Promise: from `install` on, every write, sync, truncation and removal that SQLite does in this process goes through
`Faults`, which may let it pass, end the process at it as a loss of power would (`kill -9`, with half of a write done),
or answer it with an error. Everything else is SQLite's own VFS for this system, untouched. It is installed in children
that are forked for it, and needs neither a debugger nor a compiler: the library that Python's `sqlite3` is linked
against is asked for its VFS, and a copy of it with four functions replaced is registered as the default.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p
from typing import Any, Literal, NamedTuple

__all__ = ["UNREACHABLE", "Fault", "Faults", "install"]

_METHODS = (
    *(
        "close",
        "read",
        "write",
        "truncate",
        "sync",
        "size",
        "lock",
        "unlock",
        "reserved",
        "control",
        "sector",
    ),
    *("character", "shm_map", "shm_lock", "shm_barrier", "shm_unmap", "fetch", "unfetch"),
)
_VFS = (
    *(
        "open",
        "delete",
        "access",
        "full",
        "dl_open",
        "dl_error",
        "dl_sym",
        "dl_close",
        "random",
        "sleep",
        "time",
    ),
    *("error", "time64", "set_call", "get_call", "next_call"),
)


class _Methods(ctypes.Structure):
    _fields_ = [("version", c_int), *[(name, c_void_p) for name in _METHODS]]


class _File(ctypes.Structure):
    _fields_ = [("methods", POINTER(_Methods))]


class _Vfs(ctypes.Structure):
    _fields_ = [
        ("version", c_int),
        ("file_size", c_int),
        ("longest", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        *[(name, c_void_p) for name in _VFS],
    ]


_Open = CFUNCTYPE(
    c_int, c_void_p, c_void_p, POINTER(_File), c_int, POINTER(c_int)
)  # SQLite keeps the name: as it came
_Delete = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)

_FULL = 13
_IOERR = {"write": 778, "sync": 1034, "truncate": 1546, "delete": 2570}
_kept: list[Any] = []  # what SQLite points to must never be collected


def _library() -> ctypes.CDLL | None:
    import _sqlite3  # noqa: PLC0415 - the compiled half of `sqlite3`, for the library it is linked against

    try:
        library = ctypes.CDLL(_sqlite3.__file__)
        library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    except (AttributeError, OSError):
        return None
    return library


UNREACHABLE = not hasattr(os, "fork") or _library() is None
"""Whether there is no such thing here: no POSIX, or a Python that carries SQLite inside itself."""


class Fault(NamedTuple):
    """What befalls the call number `first` (from 1) and, if it `lasts`, so many more."""

    first: int
    what: Literal["kill", "EIO", "ENOSPC"]
    lasts: int = 0
    done: bool = False  # the call was carried out all the same


class Faults:
    """Counts the calls, and lets one fault happen."""

    def __init__(self, fault: Fault | None, told: Callable[[str], object] | None = None) -> None:
        """Let `fault` happen; `told` hears the name of each call that was carried out."""
        self.calls = 0
        self.fault = fault
        self.told = told

    def through(self, name: str, call: Callable[[], int], half: Callable[[], int] | None = None) -> int:
        """Carry a call out, or not."""
        self.calls += 1
        fault = self.fault
        if fault is None or not fault.first <= self.calls <= fault.first + fault.lasts:
            answer = call()
            if self.told is not None:
                self.told(name)
            return answer
        if fault.what == "kill":
            if half is not None:
                half()
            os.kill(os.getpid(), signal.SIGKILL)
        if fault.done:
            call()
        return _FULL if fault.what == "ENOSPC" and name == "write" else _IOERR[name]


def install(faults: Faults) -> None:
    """Put `faults` between SQLite and the system, for every connection that is opened from now on."""
    library = _library()
    assert library is not None
    own = library.sqlite3_vfs_find(None).contents
    really_open, really_delete = _Open(own.open), _Delete(own.delete)
    wrapped: dict[int, Any] = {}

    def opened(vfs: int, name: int | None, file: Any, flags: int, out: Any) -> int:
        answer = really_open(vfs, name, file, flags, out)
        if answer == 0 and file.contents.methods:
            address = ctypes.addressof(file.contents.methods.contents)
            if address not in wrapped:
                wrapped[address] = _wrapped(faults, file.contents.methods.contents)
            file.contents.methods = ctypes.pointer(wrapped[address])
        return answer

    def deleted(vfs: int, name: int, synced: int) -> int:
        return faults.through("delete", lambda: really_delete(vfs, name, synced))

    ours = _Vfs.from_buffer_copy(own)
    ours.name = b"faulty"
    callbacks = _Open(opened), _Delete(deleted)
    ours.open, ours.delete = [ctypes.cast(callback, c_void_p).value for callback in callbacks]
    _kept.extend((ours, callbacks, wrapped, really_open, really_delete))
    assert library.sqlite3_vfs_register(ctypes.byref(ours), 1) == 0


def _wrapped(faults: Faults, methods: _Methods) -> _Methods:
    """Return the methods of a file with its writing ones replaced."""
    really_write, really_cut, really_sync = (
        _Write(methods.write),
        _Truncate(methods.truncate),
        _Sync(methods.sync),
    )

    def written(file: int, data: int, amount: int, offset: int) -> int:
        return faults.through(
            "write",
            lambda: really_write(file, data, amount, offset),
            lambda: really_write(file, data, amount // 2, offset),
        )

    def cut(file: int, size: int) -> int:
        return faults.through("truncate", lambda: really_cut(file, size))

    def synced(file: int, flags: int) -> int:
        return faults.through("sync", lambda: really_sync(file, flags))

    ours = _Methods.from_buffer_copy(methods)
    callbacks = _Write(written), _Truncate(cut), _Sync(synced)
    ours.write, ours.truncate, ours.sync = [ctypes.cast(callback, c_void_p).value for callback in callbacks]
    _kept.extend((callbacks, really_write, really_cut, really_sync))
    return ours
