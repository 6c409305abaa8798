"""Waykeep: GPS tracking on which every sentence of the privacy policy is a running control."""

__version__ = "0.1.0"
