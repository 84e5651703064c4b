"""Prove that a project is what its migrations say."""
