"""The AMI line of one account in the `pbx` process: events in, facts written down, questions answered."""
