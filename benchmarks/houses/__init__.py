"""How well records are brought to the house that they mean."""
