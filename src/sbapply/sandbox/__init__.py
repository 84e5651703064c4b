"""Stand in for the Management API over an embedded Postgres."""
