"""Files: workspace, artifacts, arrays on disk, locks, caches."""
