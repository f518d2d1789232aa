"""Measurements, not tests: `python -m benchmarks` prints a table of figures and bars."""
