"""The comparison with other tools: `make bench`. Nothing here is part of the site."""
