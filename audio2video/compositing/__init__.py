"""Compositing: masks, jaw correction, illumination, Laplacian pyramid."""
