"""Validation as one page that needs no network: each target, its source, the model's value, a plot and a verdict."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from villagesim import evidence
from villagesim.figures.validation import strip
from villagesim.results import read_about
from villagesim.study.calibration.validation import checked, checks, reconciled
from villagesim.study.fieldwork.reconciliation import TOGETHER
from villagesim.study.uncertainty import within

ROLES = {
    evidence.CALIBRATE: "What may be fitted",
    evidence.VALIDATE: "What is kept aside and never fitted",
}
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 78rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
table { border-collapse: collapse; width: 100% } th { text-align: left; border-bottom: 2px solid #1a1a1a }
td, th { padding: .45rem .6rem; vertical-align: top } tr { border-bottom: 1px solid #ddd; break-inside: avoid }
td.number { text-align: right; white-space: nowrap } small { color: #555 } svg { width: 19rem; height: auto }
.inside { color: #00694d } .right { color: #8a6100 } .wrong { color: #b04a00 } .not { color: #555 }
"""
HEADS = ("target", "published", "model", "", "verdict")


def page(folder: str | Path) -> Path:
    """Write folder/validation.html from the tables beside it; return it. Raises FileNotFoundError without them."""
    folder = Path(folder)
    table, members, counties = (pd.read_parquet(folder / f"{name}.parquet")
                                for name in ("validation", "members", "counties"))
    about = read_about(folder / "validation.parquet")
    file = folder / "validation.html"
    file.write_text("\n".join(_parts(table, members, counties, about)), encoding="utf-8")
    return file


def _parts(table: pd.DataFrame, members: pd.DataFrame, counties: pd.DataFrame, about: dict[str, Any]) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>villagesim: validation</title>'
    yield f"<style>{STYLE}</style>\n<h1>What is published, and what the model gives</h1>"
    yield (f"<p>{len(members)} members in {len(counties)} simulated counties, each by the source's own estimator. "
           "Plots: the published interval (grey), its value (line), a dot a member (the mean over its counties), their "
           f"mean (bar). Intervals of the model: {within(len(members))} of the members; sd: by luck, "
           "and between members beyond it (log points where a mean is geometric). Parameters: "
           f"{escape(str(about.get('parameters', 'point values')))}.</p>")
    yield "<h2>One model, three designs</h2>"
    yield ("<p>A trial of access alone, a county programme followed for years, and the plain gap between those online "
           "and those not: the three differ by design, horizon and selection, and one set of parameters has to give "
           f"them together. {escape(checked(checks(counties)))}.</p>")
    yield _table(table[table["target"].isin(TOGETHER)], members)
    yield "<ul>" + "".join(f"<li>{escape(said)}</li>" for said in reconciled(members)) + "</ul>"
    for role, title in ROLES.items():
        rows = table[table["role"] == role]
        counts = ", ".join(f"{count} {verdict}" for verdict, count in rows["verdict"].value_counts().items())
        yield f"<h2>{title}</h2>\n<p>{counts}.</p>"
        yield _table(rows, members)
    yield (f"<p><small>villagesim {escape(str(about['version']))}, sources {escape(str(about['sources']))[:8]}; "
           f"{len(about['seeds'])} seeds from {about['seeds'][0]}.</small></p>\n</html>")


def _table(rows: pd.DataFrame, members: pd.DataFrame) -> str:
    head = "".join(f"<th>{name}</th>" for name in HEADS)
    body = "\n".join(_row(row, members) for row in rows.itertuples())
    return f"<table>\n<tr>{head}</tr>\n{body}\n</table>"


def _apart(row: Any) -> str:
    """What luck and parameters make of a target, where that is told."""
    if pd.isna(row.luck_sd) or pd.isna(row.parameter_sd):
        return ""
    return f"<br>sd {row.luck_sd:.2g} by luck, {row.parameter_sd:.2g} by parameters"


def _row(row: Any, members: pd.DataFrame) -> str:
    target = evidence.target(row.target)
    what = (f"<b>{escape(row.target)}</b> {escape(row.what)}<br>"
            f"<small>{escape(target.source)}; {escape(row.estimator)}"
            f"{escape(f'; not modelled: {target.not_modelled}') if target.not_modelled else ''}</small>")
    between = f"{row.source_low:.4g} to {row.source_high:.4g} {escape(row.unit)}"
    published = (f"{target.direction}<br><small>by judgement {row.source_value:.4g}, {between}</small>"
                 if target.direction_only else f"{row.source_value:.4g}<br><small>{between}</small>")
    if pd.isna(row.model):
        model, plot = "–", ""
    else:
        model = f"{row.model:.4g}<br><small>{row.low:.4g} to {row.high:.4g}{_apart(row)}</small>"
        plot = strip(row, members[row.target])
    kind = row.verdict.split()[0]
    return (f'<tr><td>{what}</td><td class="number">{published}</td><td class="number">{model}</td><td>{plot}</td>'
            f'<td class="{kind}">{escape(row.verdict)}</td></tr>')
