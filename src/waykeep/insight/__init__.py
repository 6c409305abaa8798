"""What positions mean. Pure functions over arrays."""
