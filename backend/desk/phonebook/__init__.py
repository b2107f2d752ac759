"""Keeps the mirror of the CRM's contacts, companies and leads current, and looks numbers up in it."""
