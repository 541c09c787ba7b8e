"""Putting the texture into the frame: masks, jaw correction, colour, Laplacian pyramid."""
