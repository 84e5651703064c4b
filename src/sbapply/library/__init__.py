"""Offer the verbs to a program as functions that take and give values; ``sbapply`` itself exports them."""
