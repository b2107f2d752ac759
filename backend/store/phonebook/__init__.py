"""The mirror of the CRM's numbers, and the inbox of changes to it."""
