"""amoCRM's API: requests (`requests`, `models`), answers (`answers`), sending (`client`, `tokens`)."""
