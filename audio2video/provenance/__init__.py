"""Provenance: signed manifests, the visible label, container tags, verification."""
