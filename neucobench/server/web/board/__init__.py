"""The pages of a board: the table, its history, who moves whom."""
