"""Tools beside the package: generators, converters, the painted presenter; not installed."""
