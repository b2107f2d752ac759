"""Callback requests, their sites, and the limits that protect them."""
