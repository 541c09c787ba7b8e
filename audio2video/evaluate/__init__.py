"""Measuring results against real video."""
