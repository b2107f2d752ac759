"""The public form for a call back, and its page in the settings."""
