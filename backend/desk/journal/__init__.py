"""The rows written when a fact arrives, and one intent as the drain reads it."""
