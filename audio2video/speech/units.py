"""The clock of speech analysis: named once, the rest derived."""

SAMPLE_RATE = 16000  # Hz
FEATURE_RATE = 100  # frames per second
HOP = SAMPLE_RATE // FEATURE_RATE  # samples
WINDOW = SAMPLE_RATE // 40  # samples: 25 ms
