"""Parts of addresses that are one of a few words."""

from milidip.catalogue.citing import FORMATS


class CitationFormat:
    """The ending of a citation file; what is none is no address at all."""

    regex = "|".join(extension.replace(".", r"\.") for extension in FORMATS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
