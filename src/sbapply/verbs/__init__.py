"""Offer each verb as a function that takes values and a Database and returns a report."""
