"""`eagerly tour`: the features of Python 3.11 and 3.12, shown on the interpreters of this machine."""
