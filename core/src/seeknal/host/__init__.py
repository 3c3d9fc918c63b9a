"""The machine that seeknal runs on: files that appear whole, and programs that it starts."""
