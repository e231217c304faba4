"""The model held against what is published: calibrated, asked what pins it, validated.

calibrating.py  a calibration's file (aims.py: its targets)
calibrate.py    waves of history matching (matching.py, emulator.py), then weights (posterior.py)
simulated.py    the model as the simulator (evidence_tasks.py), recovery.py whole calibrations of known data
ensembles.py    what ships: parameter sets that count alike
pin_scan.py     which targets pin which numbers (pinning.py: its file, movements.py: its arithmetic)
validation.py   every target beside the model
"""
