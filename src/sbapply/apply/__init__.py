"""Send migrations exactly once and settle what became of them."""
