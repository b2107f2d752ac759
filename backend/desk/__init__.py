"""Business steps: a fact arrives → look up the client → decide → store the decision → carry it out."""
