"""One module per thing that is written into amoCRM: how it is done, and how it is made safe to repeat."""
