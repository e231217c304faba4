"""The claims of the paper: declared (rows.py), run (runs.py, members.py), judged (verdicts.py), shown (table.py)."""
