"""The test of a PBX: what is right, and what to do about the rest."""
