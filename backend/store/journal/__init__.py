"""Facts and intents, and the work that waits for each account."""
