"""Turn results into text and JSON: the only room that prints."""
