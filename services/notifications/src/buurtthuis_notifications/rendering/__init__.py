"""Messages as their readers get them."""
