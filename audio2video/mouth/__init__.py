"""Mouth shapes of 20 points: normalisation, shape basis, training sequences, the LSTM."""
