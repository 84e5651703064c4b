set local statement_timeout = {statement_timeout};
set local lock_timeout = {lock_timeout};
