"""Schedules of a project in the words of other programs that start things in time."""
