"""One story per file: what happens between a door and the store."""
