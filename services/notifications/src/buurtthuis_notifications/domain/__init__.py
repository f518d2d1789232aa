"""What the rules are, in plain Python."""
