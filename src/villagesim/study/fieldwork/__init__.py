"""Simulated evidence: surveys, trials, panels and histories, each with its source's own estimator.

kinds.py says which there are and which targets each gives; estimates.py, differences.py and propensity.py hold the
estimators, surveys.py how households are asked.
"""
