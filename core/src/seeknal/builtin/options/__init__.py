"""What projects may say of each of core's kinds and types; each is loaded when it is used."""
