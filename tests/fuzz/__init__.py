"""Coverage-guided fuzzing of the parsers of this package, with Atheris."""
