"""Facts and intents, and the pending work of each account."""
