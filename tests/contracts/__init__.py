"""The published contract as it was last agreed: one snapshot per event, and the names of all reactions."""
