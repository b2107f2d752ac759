"""The call rules: a fact, what the CRM knows and the account's rules give intents (specification: `docs/rules.md`)."""
