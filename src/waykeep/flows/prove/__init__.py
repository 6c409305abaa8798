"""Proving the clauses of a profile on a running server, with planted canaries."""
