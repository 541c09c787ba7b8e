"""Files: workspace, artifacts and what they were made from, arrays on disk, locks, cache."""
