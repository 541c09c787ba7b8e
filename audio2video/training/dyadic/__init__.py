"""Training of listeners on clips of two people, one of whom speaks."""
