"""Reads StarRocks' DDL by its published grammar, without a grace that StarRocks does not have."""
