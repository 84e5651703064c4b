"""Run an embedded Postgres and rehearse migrations on it."""
