"""TEC-ELIC, in parts: transforms, side information, contexts, and their coder."""
