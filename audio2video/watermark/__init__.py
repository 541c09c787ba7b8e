"""A mark in the picture that is not seen, found again without the original."""
