"""Texts spoken by an installed program, with the times of their words."""
