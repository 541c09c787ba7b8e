"""Many results in one go: rows of a CSV file, several at once."""
