"""Months of the agency's life in minutes. Pure: no Django; docs/simulation.md tells what is assumed."""
