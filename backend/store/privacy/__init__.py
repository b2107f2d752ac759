"""What is kept of people: who looked and changed, and one person's data."""
