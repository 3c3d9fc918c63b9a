"""What plugins declare, what they are given, and how core finds and calls them."""
