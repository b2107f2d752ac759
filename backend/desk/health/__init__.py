"""The state of an account: alerts, missing users and stages, diagnostics, the overview, calls compared with the CRM."""
