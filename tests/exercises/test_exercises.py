"""Every exercise of the catalogue: its suite accepts what is right, and rejects and names what is wrong."""
