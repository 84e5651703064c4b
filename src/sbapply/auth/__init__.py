"""Find the personal access token."""
