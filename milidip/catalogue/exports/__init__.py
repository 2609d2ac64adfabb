"""The same filter as the pages, streamed as files.

`grains` says what a row is, `formats` how it may be written, `asked` what a request may ask for,
`extracts` how the rows are read and `views` answers. When something fails half-way, the exception
goes up to the server, which breaks the connection: a reader never gets a short file that looks
whole.
"""

from milidip.catalogue.addresses import base_url
from milidip.catalogue.exports.grains import GRAINS

__all__ = ["GRAINS", "base_url"]
