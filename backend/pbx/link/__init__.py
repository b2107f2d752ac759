"""One connection to the AMI of a PBX: bytes, login, events, reconnecting."""
