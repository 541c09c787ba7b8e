"""Configuration: every parameter, its bounds, and where its value comes from."""
