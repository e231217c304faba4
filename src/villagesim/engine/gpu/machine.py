"""What runs the kernels: a CUDA device by numba-cuda, or numba's simulator of one, in Python and slow.

`numba.cuda` is numba-cuda's where the extra is installed and numba's own part otherwise: of the latter the simulator
works, and is all that is used of it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from importlib.util import find_spec
from inspect import getclosurevars, isfunction
from typing import Any

from numba import config

SIMULATED = bool(config.ENABLE_CUDASIM)
# Threads of a block; in the simulator each is one of Python's, so few, and a number that divides nothing.
THREADS = 3 if SIMULATED else 256
_WITHOUT = "or set NUMBA_ENABLE_CUDASIM=1 before the start for the simulator, which is slow"


def require() -> None:
    """Raises ValueError, in one line, where no kernel can run."""
    if not SIMULATED and not find_spec("numba_cuda"):
        raise ValueError(f"engine gpu needs numba-cuda: pip install 'villagesim[gpu]', {_WITHOUT}")
    from numba import cuda

    if not cuda.is_available():
        raise ValueError(f"engine gpu finds no CUDA device with driver and toolkit: choose another engine, {_WITHOUT}")


def kernel(function: Callable) -> Any:
    """The function as a kernel, which may call any plain function of this package."""
    from numba import cuda

    if SIMULATED:
        return cuda.jit(function)
    for called in _calls(function):
        _known(called)
    # Link-time optimisation would compile once more, elsewhere, and join products and sums again: see `exact`.
    return cuda.jit(lto=False)(function)


@contextmanager
def exact() -> Iterator[None]:
    """Whatever compiles in here rounds after every product and every sum, as a processor does.

    NVVM joins a product and a sum into one operation that rounds once, unless told not to. numba-cuda has no option for
    that yet (its issue 118), so it is added where the options are handed to NVVM.
    """
    if SIMULATED:
        yield
        return
    from numba.cuda.cudadrv import nvvm

    before = nvvm.compile_ir
    nvvm.compile_ir = partial(before, fma=False)
    try:
        yield
    finally:
        nvvm.compile_ir = before


def _calls(function: Callable) -> list[Callable]:
    """The plain functions of this package that a function names."""
    named = getclosurevars(function)
    return [value for value in (*named.nonlocals.values(), *named.globals.values())
            if isfunction(value) and value.__module__.partition(".")[0] == __name__.partition(".")[0]]


@cache
def _known(function: Callable) -> None:
    """Let kernels call the function, and all that it calls.

    As a rule it is known to numba already, but to be inlined by numba's own compiler, whose pieces numba-cuda's
    compiler can't read; here NVVM inlines.
    """
    from numba.cuda.extending import register_jitable

    register_jitable(forceinline=True)(function)
    for called in _calls(function):
        _known(called)
