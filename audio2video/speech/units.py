"""The clock of speech analysis: named once, the rest derived."""

SAMPLE_RATE = 16000  # Hz
FEATURE_RATE = 100  # frames per second
HOP = SAMPLE_RATE // FEATURE_RATE  # samples
WINDOW_SECONDS = 0.025
WINDOW = round(WINDOW_SECONDS * SAMPLE_RATE)  # samples
