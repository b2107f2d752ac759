"""Requests for a call back: admitted, rung, and written into the CRM."""
