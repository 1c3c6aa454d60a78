"""Studies that need encoders and evaluations together."""
