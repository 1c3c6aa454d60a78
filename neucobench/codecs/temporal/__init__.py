"""TEC-TT and FlexTEC: transforms, and a transformer that looks at earlier frames."""
