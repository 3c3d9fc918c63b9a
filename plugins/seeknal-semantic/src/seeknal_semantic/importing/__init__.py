"""Taking over what dbt's files say of metrics, exactly or not at all."""
