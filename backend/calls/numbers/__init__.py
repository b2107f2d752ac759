"""Phone numbers: any spelling to one key, how numbers are dialled and shown."""
