"""Where surveys keeps its things."""
