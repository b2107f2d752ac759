"""amoCRM's API: what to say (`requests`, `models`), what was answered (`answers`), the sending (`client`, `tokens`)."""
