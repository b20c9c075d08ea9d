"""The pure matching engine: columns in, columns out. It knows neither Django nor the database."""
