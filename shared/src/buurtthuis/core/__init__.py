"""What everything stands on: a unit of work, who acts, handlers, refusals, corporations, settings."""
