"""Say whether the whole of the reliability tests runs, or a spread sample of each part."""

import os

WHOLE = bool(os.environ.get("SBAPPLY_WHOLE"))
