"""profiles.yml and `.env`: connections, their secrets, and where they lead."""
