"""Listening: what a listener does for a speech, and which footage shows it."""
