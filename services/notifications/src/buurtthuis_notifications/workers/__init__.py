"""What talks to the outside, and what takes its time: rounds of work besides commands and reactions."""
