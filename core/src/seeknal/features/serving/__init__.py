"""The newest features of each key in an online store: kept, looked up and served."""
