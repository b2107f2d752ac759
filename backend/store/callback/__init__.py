"""Requests for a call back, the sites they come from, and the limits that guard them."""
