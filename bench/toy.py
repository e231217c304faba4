"""The toy of the comparison: what a household of it knows and does, and its numbers, the same in NumPy and in Mesa.

Each household listens to eight neighbours of its village. A month, all at once: the share of them that sell moves
trust, sellers learn, who doesn't sell goes online by a logistic choice, who sells may quit, and income follows.
"""

HOUSEHOLDS_A_VILLAGE, NEIGHBOURS = 200, 8
TRUST_PULL, LEARNING = 0.1, 0.05
CONSTANT, BY_TRUST, BY_SKILL, BY_NEIGHBOURS = -6.0, 3.0, 1.5, 2.0
QUITTING, QUIT_SKILL = 0.04, 0.03
INCOME, GAIN = 2000.0, 600.0
START_SELLERS, START_TRUST, START_SKILL = 0.02, 0.4, 0.2
