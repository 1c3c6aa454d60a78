"""Accounts: teams and their members, and how members show who they are."""
