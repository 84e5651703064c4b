"""Know the history table that sbapply shares with the official CLI, and plan against it."""
