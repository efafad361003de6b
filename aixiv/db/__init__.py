"""Tables and transactions. Importing this package registers every table in `Base.metadata`."""

from aixiv.db import account, event, oauth, paper, review, upload, works
from aixiv.db.base import Base, utcnow
from aixiv.db.uow import Database, Transaction

__all__ = [
    "Base",
    "Database",
    "Transaction",
    "account",
    "event",
    "oauth",
    "paper",
    "review",
    "upload",
    "utcnow",
    "works",
]
