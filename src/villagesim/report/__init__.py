"""Pages that are written from the declarations: the tables of the model's description."""
