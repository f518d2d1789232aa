"""Where sessions keeps its things."""
