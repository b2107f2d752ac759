"""What is written down when a fact arrives, and one intent as the drain reads it."""
