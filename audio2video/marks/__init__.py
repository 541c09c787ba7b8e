"""Marks that say what is synthetic: signed manifests, the visible label, and how they are read."""
