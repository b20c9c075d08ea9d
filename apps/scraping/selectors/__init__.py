from apps.scraping.selectors.known import Address, KnownTherapists, Name, name_key, own_practice

__all__ = ["Address", "KnownTherapists", "Name", "name_key", "own_practice"]
