"""Read and compare catalogs."""
