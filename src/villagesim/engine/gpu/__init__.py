"""The optional engine for a CUDA device: the same rules as device functions, a county a block, a launch a phase.

Needs the extra `gpu` and a device; where NUMBA_ENABLE_CUDASIM=1 is set before the start, numba's simulator stands in
for it, slowly. All arithmetic is of doubles and whole numbers, rounded as on a processor.
"""

from collections.abc import Callable, Sequence

from villagesim.engine.gpu.machine import require
from villagesim.engine.phases import Phase
from villagesim.engine.schedule import SCHEDULE
from villagesim.mechanisms import Parameters
from villagesim.tables import World


def bind(world: World, parameters: Parameters, seed: int,
         phases: Sequence[Phase] = SCHEDULE) -> Callable[[int], None]:
    """step(month): one month of the county in `world`, whose columns it changes in place; of it, only these phases.

    Every month is sent to the device and fetched from it, so that whoever looks sees it, and what is entered counts;
    `counties.Counties` is for many counties that stay there. Raises ValueError where nothing can run a kernel.
    """
    require()
    from villagesim.engine.gpu.counties import Counties

    counties = Counties([world], parameters, [seed], phases)

    def step(month: int) -> None:
        counties.send()
        counties.step(month)
        counties.fetch()

    return step
