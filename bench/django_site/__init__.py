"""What people would otherwise write: a Django project that signs by the same rules.

Its ORM, its forms, its templates and its protection of forms, on SQLite (WAL, synchronous=FULL),
one transaction a signature, behind gunicorn. It keeps no register, has no feed, no limits, no
translations, no log and no metrics, and knows one kind of link: in its favour throughout.
"""
