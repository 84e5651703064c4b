"""Read the files that set sbapply up, and choose the project that is meant."""
