"""Reports as pages: one file each, that needs no network, for a desk and for a phone.

A command makes a Page (page.py) of plain parts; page.html says how each part is written, and
escapes all that comes from programs.
"""
