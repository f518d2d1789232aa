"""Sessions, from draft to report."""
