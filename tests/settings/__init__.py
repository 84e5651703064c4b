"""Hold the files that set sbapply up."""
