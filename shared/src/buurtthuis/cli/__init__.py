"""`buurtthuis`: run it, watch it, look after it."""
