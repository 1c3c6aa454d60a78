"""The pages of what teams hand in: the form, the list, the method page."""
