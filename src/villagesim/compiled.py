"""Compiled code on disk, in a folder named by everything it is compiled from: an edited rule never runs its old code.

numba's own cache looks at the file of the kernel alone and would miss an edit of a rule in another file. Here the
folder's name holds the hash of all sources that kernels compile from, numba's version and the processor's name, so
an edit means another folder, and a second start of unedited code compiles nothing.
"""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
from numba import cfunc, config, njit

HOME = Path(__file__).parent
SOURCES = (
    "arithmetic.py", "declare.py", "draws.py", "compiled.py", "mechanisms", "world",
    "engine/exchange.py", "engine/core",
)
FOLDER = "VILLAGESIM_CACHE"


@cache
def source_hash() -> str:
    """16 hex digits: the sources that kernels compile from, numba's version and the processor."""
    digest = hashlib.sha256(f"{numba.__version__} {llvmlite.binding.get_host_cpu_name()}".encode())
    for source in SOURCES:
        path = HOME / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.relative_to(HOME).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def folder() -> Path:
    """Where compiled code is kept: $VILLAGESIM_CACHE or the user's cache folder, then the hash of the sources."""
    root = os.environ.get(FOLDER) or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "villagesim"
    return Path(root) / source_hash()


def compiled(function: Callable) -> Callable:
    """The function as a kernel: compiled once a machine, kept on disk, run without Python's lock."""
    if config.DISABLE_JIT:
        return function
    return _kept(njit(nogil=True, cache=True, error_model="numpy"), function)


def compiled_step(function: Callable, signature: Any, name: str) -> Any:
    """The function as machine code of this signature and name, to be called by its `.address` from other kernels.

    The name must tell apart all that is compiled: two pieces of code on disk that share one would be taken for another.
    """
    function.__qualname__ = function.__name__ = name
    return _kept(cfunc(signature, cache=True, error_model="numpy"), function)


def _kept(compile_it: Callable, function: Callable) -> Any:
    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder())
    try:
        return compile_it(function)
    finally:
        config.CACHE_DIR = before
