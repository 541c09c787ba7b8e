"""Training of the speech detector: what is speech and what is not, from states of Whisper."""
