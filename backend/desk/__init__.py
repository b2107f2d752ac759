"""The desk: a fact arrives → look up → decide → write down → carry out."""
