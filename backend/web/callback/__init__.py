"""The public callback form, and the callback page in the settings."""
