"""What we measure and how: `python -m bench` prints it all, `python -m bench NAME` one part."""
