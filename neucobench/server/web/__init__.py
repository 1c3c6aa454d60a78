"""The pages of the server: written on the server, complete without a script."""
