"""Processes, threads, signals and resource errors."""
