"""Pages to look at: what an employee of the account would see, in Russian."""
