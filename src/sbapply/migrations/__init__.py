"""Read a folder of migrations: files, their statements, and what push would refuse."""
