"""Random histories of deliveries, and a model of what every target must hold after them.

``python -m tests.deliveries postgres|iceberg|starrocks 'STORY'`` plays one that a test has printed.
"""
