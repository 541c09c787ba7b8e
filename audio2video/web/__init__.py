"""The page: a server for one workspace, its jobs, and what the browser is given."""
