"""Change a Supabase project's Postgres over HTTPS alone, exactly once, and prove the result."""

__version__ = "0.1.0"
