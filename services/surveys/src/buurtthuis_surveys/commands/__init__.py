"""What surveys can be asked to do."""
