"""The pages of an account: registration, login, tokens, team."""
