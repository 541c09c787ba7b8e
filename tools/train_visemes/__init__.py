"""Mean lip shapes of visemes: ``python -m tools.train_visemes`` prints `mouth.visemes`'s table."""
