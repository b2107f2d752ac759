"""Calls that employees start or transfer from the widget."""
