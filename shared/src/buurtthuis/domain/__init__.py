"""Rules that the domains of several services share: plain Python."""
