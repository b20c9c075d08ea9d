"""An invented Germany of any size, the same for the same seed. Pure: draws columns, writes nothing."""
