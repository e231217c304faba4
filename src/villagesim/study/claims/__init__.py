"""The claims of the paper: declared (rows.py, pathways.py), run (runs.py, members.py), judged and shown.

verdicts.py  what paired runs say to each, and a verdict that is computed
table.py     the table of verdicts, and a page for readers
"""
