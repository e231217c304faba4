"""Work handed to processes through the Executor protocol: few pieces at a time; a process that dies costs little."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.synchronize import Event
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Finish = Callable[[Item, Result], None]
Fail = Callable[[Item, BaseException], None]

# What an executor holds beyond what is being worked on: little, so that Ctrl-C has little to wait for.
QUEUED = 1
# One thread a process, for what numba compiles and for linear algebra.
ALONE = {"NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# How often a piece is tried in a process of its own after a process died with it.
LONE_TRIES = 2
GUARD = 'if __name__ == "__main__":'


class ProcessDiedError(RuntimeError):
    """A process died with this piece of work, and again when it had no other."""


class PoolError(RuntimeError):
    """No process does the work: none can start, all end before they begin, or the executor given broke down. One line,
    with the likely cause."""


class _Waiting(Generic[Item]):
    """Items not yet handed out; they are made one by one, as they are asked for."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items, self._back = iter(items), deque[Item]()

    def take(self) -> Item | None:
        return self._back.popleft() if self._back else next(self._items, None)

    def put_back(self, item: Item) -> None:
        self._back.appendleft(item)


def available() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def refuse_unguarded() -> None:
    """Raises PoolError in a process that is only starting, and reads a script that starts processes itself."""
    # Spawned processes run the user's script to import what it defines; multiprocessing marks them meanwhile.
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise PoolError(f"a process that is starting reads this script again: put the call under `{GUARD}`")


def each(work: Callable[[Item], Result], items: Iterable[Item], finish: Finish, fail: Fail, workers: int,
         executor: Executor | None = None) -> None:
    """Do work(item) for every item, in a pool of spawned processes or in the executor given; they finish in any order.

    finish(item, result) and fail(item, error) are called here, one at a time. Where a process of the pool dies, what
    was running is tried again alone, and fails with ProcessDiedError if it kills that process too; the rest goes on in
    a new pool. On KeyboardInterrupt what is running is finished, what only waits is not begun, and it is raised again
    (of an executor that never says what runs, all that it holds is finished).
    Raises PoolError where no process lives long enough to begin, or the executor given breaks down.
    """
    if executor is None:
        refuse_unguarded()
    waiting, ever_begun = _Waiting(items), False
    while (item := waiting.take()) is not None:
        waiting.put_back(item)
        if executor is not None:
            # It can't be started anew from here, and which piece of work broke it can't be told.
            lost = _drain(work, waiting, executor, workers, finish, fail)
            if lost or waiting.take() is not None:
                raise PoolError(f"the executor broke down with {len(lost)} pieces of work under way; what was finished "
                                f"is kept; a script must make this call under `{GUARD}`")
            continue
        begun = _mark()
        with _spawned(workers, begun) as processes:
            suspects = _drain(work, waiting, processes, workers, finish, fail)
        ever_begun = ever_begun or begun.is_set()
        if suspects and not ever_begun:
            raise _not_started()
        for suspect in suspects:
            _alone(work, suspect, finish, fail)


def gather(work: Callable[[Item], Result], items: Sequence[Item], workers: int | None = None,
           progress: Callable[[int, int], None] | None = None) -> list[Result]:
    """work(item) of every item, in their order, whatever the order in which they finish. progress(done, of how many).

    Raises what the work raises, PoolError.
    """
    found: dict[int, Result] = {}

    def finish(numbered: tuple[int, Item], result: Result) -> None:
        found[numbered[0]] = result
        if progress is not None:
            progress(len(found), len(items))

    def fail(_: tuple[int, Item], error: BaseException) -> None:
        raise error

    each(_Numbered(work), list(enumerate(items)), finish, fail, workers or available())
    return [found[number] for number in range(len(items))]


class _Numbered(Generic[Item, Result]):
    """A piece of work that is handed its number too: a process is sent it by name, so it is no closure."""

    def __init__(self, work: Callable[[Item], Result]) -> None:
        self.work = work

    def __call__(self, numbered: tuple[int, Item]) -> Result:
        return self.work(numbered[1])


def _alone(work: Callable[[Item], Result], item: Item, finish: Finish, fail: Fail) -> None:
    """Do one piece of work in a process of its own."""
    begun = _mark()
    for _ in range(LONE_TRIES):
        with _spawned(1, begun) as process:
            if not _drain(work, _Waiting([item]), process, 1, finish, fail):
                return
    if not begun.is_set():
        raise _not_started()
    fail(item, ProcessDiedError("the process that did this died, and died again when it did nothing else"))


def _drain(work: Callable[[Item], Result], waiting: _Waiting[Item], executor: Executor, workers: int, finish: Finish,
           fail: Fail) -> list[Item]:
    """Hand out what waits until none does; return what was running when the executor broke, and leave the rest."""
    running: dict[Future, Item] = {}
    lost: list[Item] = []
    broken = False

    def take(future: Future) -> None:
        nonlocal broken
        item = running.pop(future)
        error = future.exception()
        if isinstance(error, BrokenExecutor):
            lost.append(item)
            broken = True
        elif error is not None:
            fail(item, error)
        else:
            finish(item, future.result())

    try:
        while True:
            while not broken and len(running) < workers + QUEUED and (item := waiting.take()) is not None:
                try:
                    with interrupt_held(), _on_one_thread():
                        running[executor.submit(work, item)] = item
                except BrokenExecutor:
                    waiting.put_back(item)
                    broken = True
            if not running:
                return lost
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                with interrupt_held():
                    take(future)
    except KeyboardInterrupt:
        for future in _cancelled(running):
            del running[future]
        for future in wait(running).done:
            take(future)
        raise


def _cancelled(handed_out: Iterable[Future]) -> list[Future]:
    """Cancel what only waits and return it: nothing, where the executor never says what runs, as Dask's does not.

    Such an executor would cancel what runs too, and throw its result away while it is being fetched.
    """
    if not any(future.running() for future in handed_out):
        return []
    return [future for future in handed_out if future.cancel()]


def _spawned(workers: int, begun: Event) -> ProcessPoolExecutor:
    """A pool whose processes set the mark as soon as they can work."""
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), begun.set)


def _mark() -> Event:
    return multiprocessing.get_context("spawn").Event()


def _not_started() -> PoolError:
    return PoolError("the processes ended before they began to work: a script must make this call under "
                           f"`{GUARD}`, in a file that Python can read again; else there is too little memory")


@contextmanager
def interrupt_held() -> Iterator[None]:
    """Hold Ctrl-C back until the block ends, then deliver it. Processes that are started within never see it.

    The mask is what processes inherit; the handler is for this one, where a signal may reach Python by any thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: held.append(number))
    masks = hasattr(signal, "pthread_sigmask")  # Windows has none.
    if masks:
        # The tracker takes its own block off when it starts, and this one with it: it must be there before.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGINT, handler)
    if held:
        raise KeyboardInterrupt


@contextmanager
def _on_one_thread() -> Iterator[None]:
    """Let processes that are started within compute on one thread each: both libraries read their variable at import.

    A fit with two hundred village effects takes 0.2 s on one thread of OpenBLAS, and 5 s where threads outnumber cores.
    """
    before = {name: os.environ.get(name) for name in ALONE}
    os.environ.update(ALONE)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
