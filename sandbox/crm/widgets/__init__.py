"""The integration's widget: its archive as a developer uploads it, and what the pages that run it ask of the server."""
