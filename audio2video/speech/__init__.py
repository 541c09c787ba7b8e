"""From samples to what the network and the retiming need: loudness, features, voice activity."""
