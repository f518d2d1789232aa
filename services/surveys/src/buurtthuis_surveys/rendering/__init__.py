"""What surveys puts on paper."""
