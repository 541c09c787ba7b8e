"""One run, step by step: its arrays and pictures gathered, and shown in one page."""
