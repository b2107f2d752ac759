"""The settings of an account: each declared and validated once."""
