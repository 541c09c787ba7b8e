"""Passes side by side: table, comparison, sweeps."""
