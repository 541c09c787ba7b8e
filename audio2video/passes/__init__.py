"""Passes side by side: a table of all, plots of some, grids of new ones."""
