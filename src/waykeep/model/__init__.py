"""What Waykeep speaks about: plain, frozen values. SI units in names, UTC, WGS 84. Imports nothing of ours."""
