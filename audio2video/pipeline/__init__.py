"""The numbered steps and the job that runs them."""
