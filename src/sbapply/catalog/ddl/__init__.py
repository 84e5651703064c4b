"""Write the statements that build what a catalog holds."""

from sbapply.catalog.ddl.build import Statement, build

__all__ = ["Statement", "build"]
