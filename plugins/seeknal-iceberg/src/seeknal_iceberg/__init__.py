"""Apache Iceberg for seeknal."""
