"""Starts and watches the processes of one machine, the embedded PostgreSQL among them."""
