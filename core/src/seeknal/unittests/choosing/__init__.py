"""Which rows of a node's inputs make a test that notices what people break."""
