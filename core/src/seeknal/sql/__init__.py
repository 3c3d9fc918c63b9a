"""SQL as text and tree: quoting, refs, canonical form, checks."""
