"""The check of the PBX and the lines to paste on it, for the settings page."""
