"""Rows of a server of the MySQL protocol, from its bytes to Arrow."""
