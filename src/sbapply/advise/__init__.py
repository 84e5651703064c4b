"""Tell what is unwise about a project's schema, as the platform's advisors do."""
