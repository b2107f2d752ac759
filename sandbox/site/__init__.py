"""A shop's website with the station's script on its page: who visits it can ask to be called."""
