"""What sessions can be asked to do."""
