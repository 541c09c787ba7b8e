"""Train the pass 'talkers' on the footage of many people; see README.md. Needs PyTorch."""
