"""What can be read of surveys."""
