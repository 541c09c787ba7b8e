"""The numbered steps: each has one public ``run(workspace, options, progress)``."""
