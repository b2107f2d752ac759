"""Commands from the web process that the `pbx` process carries out on a PBX."""
