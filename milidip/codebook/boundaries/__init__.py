from milidip.codebook.boundaries.lookup import country_at

__all__ = ["country_at"]
