"""What can be read of sessions."""
