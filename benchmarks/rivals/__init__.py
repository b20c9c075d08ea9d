"""How one would do it otherwise: one SQL query, the ORM with a bounding box, a bare distance kernel."""
