"""Files of trained models: networks of passes, weights of speech encoders, the landmark model."""
