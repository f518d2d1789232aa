"""PostgreSQL: transactions that belong to one corporation, with the journal in them."""
