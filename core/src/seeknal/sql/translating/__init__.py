"""SQL of one engine as SQL of another that gives the same values, or why there is none."""
