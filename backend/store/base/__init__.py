"""What all tables share: encrypted columns, counters, short transactions of their own, read positions."""
