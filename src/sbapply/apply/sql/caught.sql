-- An error that one of our blocks catches would end the session of a file that has set this.
set local exit_on_error = off;
