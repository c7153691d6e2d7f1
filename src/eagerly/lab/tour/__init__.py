"""`eagerly tour`: what Python 3.11 and 3.12 brought, shown on this machine's interpreters."""
