"""Ask the project's rows, before anything is sent that writes, for what would defeat a pending migration."""
