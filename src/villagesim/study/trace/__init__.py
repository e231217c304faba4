"""Why did this household do what it did, and what would it have done under the other policy?

life.py     its columns month by month, and where two lives part
witness.py  what it saw, drew and did at every phase, checked against the engine to the bit
weighing.py what it weighed when it chose a channel
story.py    the months as sentences (months.py, parted.py, words.py)
"""

from villagesim.study.trace.life import COLUMNS, Trace, TraceError, trace

__all__ = ["COLUMNS", "Trace", "TraceError", "trace"]
