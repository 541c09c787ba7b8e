"""Batches: the rows of a CSV file, several at once."""
