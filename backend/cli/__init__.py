"""The commands of `python -m backend` that look at accounts and PBXs."""
