"""The door to people: HTTP and WebSocket under /v1, and the portal's files."""
