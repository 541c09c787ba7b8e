"""Training: corpora, batches, the loop, checkpoints, passes."""
