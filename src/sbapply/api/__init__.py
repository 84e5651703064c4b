"""Talk to the Management API: the only room that knows HTTP."""
