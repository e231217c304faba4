"""villagesim: a laboratory for rural e-commerce and social work in Chinese villages.

Every verb of the command is a function here: `villagesim.run("scenarios/integrated.toml")`; see `verbs.py`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from villagesim.verbs import (
        compare,
        discover,
        factorial,
        hysteresis,
        optimise,
        robustness,
        run,
        sensitivity,
        sweep,
        trace,
        variance,
    )

__version__ = "0.1.0"
__all__ = ["__version__", "compare", "discover", "factorial", "hysteresis", "optimise", "robustness", "run",
           "sensitivity", "sweep", "trace", "variance"]


def __getattr__(name: str) -> Any:
    # Every module imports the package for its version: what stands behind the verbs is imported when one is asked for.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from villagesim import verbs

    return getattr(verbs, name)


def __dir__() -> list[str]:
    return __all__
