"""One module for each kind of amoCRM write: how it is done, and how it is made safe to repeat."""
