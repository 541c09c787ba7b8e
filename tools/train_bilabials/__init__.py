"""Tools that make the detector of /p b m/: alignment of phones, and the fit."""
