"""Jinja2 in SQL: rendered strictly, with its mistakes told where they are written."""
