"""The PBX's questions and data: routing decisions, its copy of the phonebook, its journal of calls."""
