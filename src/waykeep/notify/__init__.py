"""Channels by which people are told."""
