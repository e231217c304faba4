"""How sure the claims are of the model's numbers: each effect once under every member of the calibrated ensemble."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from villagesim import evidence
from villagesim.study import sweep
from villagesim.study.claims import rows as claim_rows, runs as claim_runs
from villagesim.study.claims.rows import HOLDS_LEVELS, Claim
from villagesim.study.claims.runs import Measured
from villagesim.study.claims.verdicts import effects
from villagesim.study.uncertainty import SPREAD, spread

COLUMNS = ("members", "held", *SPREAD)


def measure(path: str | Path, claims: Sequence[Claim], folder: str | Path | None = None, workers: int | None = None,
            progress: sweep.Progress | None = None) -> Measured:
    """What the claims of this file need under each member of the shipped ensemble, as `measure_under` gives it.

    Raises ValueError, one line, where no ensemble is shipped; else as `claim_runs.measure`.
    """
    chosen = {claim.id for claim in claims}
    members = [[claim for claim in claim_rows.read(path, row) if claim.id in chosen]
               for row in evidence.ensemble().rows]
    return claim_runs.measure_under(claims, members, folder, workers, progress)


def table(claims: Sequence[Claim], measured: Measured, under: Measured) -> pd.DataFrame:
    """A row a claim: its id, and COLUMNS, all but the counts in the unit of the effect.

    measured: replicates under the usual values, as `claim_runs.measure` gives them; under: members, as `measure` does.
    held: members with an effect in the paper's direction of the smallest size that matters or more; of levels, those
    that miss none by more than its tolerance. luck_sd, parameter_sd: what a run and a parameter set make an effect
    differ by; ensemble_low and ensemble_high hold 95 % of the members' effects, luck and all.
    """
    rows = []
    for claim in claims:
        usual, found = effects(claim, measured), effects(claim, under)
        known = found[np.isfinite(found)]
        enough = np.abs(known) <= 1.0 if claim.design == HOLDS_LEVELS else known * claim.direction >= claim.smallest
        rows.append((claim.id, len(known), int(enough.sum()), *spread(usual, found)))
    return pd.DataFrame(rows, columns=["id", *COLUMNS])
