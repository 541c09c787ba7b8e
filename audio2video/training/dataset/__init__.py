"""Step 0: from recordings to a corpus of mouth shapes and speech features."""
