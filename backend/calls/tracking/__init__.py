"""AMI events become facts. Begin with `tracker.py`."""
