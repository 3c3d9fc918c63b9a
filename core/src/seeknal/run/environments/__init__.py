"""Commands that change what an environment shows: promote, roll back, create, delete."""
