"""Speech analysis: loudness, features, encoders, voice activity."""
