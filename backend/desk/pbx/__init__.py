"""What the PBX asks and keeps: routing decisions, its copy of the phonebook, its journal of calls."""
