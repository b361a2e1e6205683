"""Why a client's file was not changed."""


class LeftAlone(Exception):
    """The file is as it was; the text goes on from its name, as in "is not UTF-8", and repeats nothing of its content."""
