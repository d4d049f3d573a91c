"""The errors for pages that are not articles, and the reasons that other modules compare."""

from __future__ import annotations

MISPLACED, PROTECTED, COSTLY = "another page in its place", "password-protected", "too costly to read"
ERROR_PAGE = "error page"


class NotAnArticleError(ValueError):
    """The page is not an article. The text of the error is the reason, in a few words."""


class UnknownPageError(NotAnArticleError):
    """The page does not belong to a WordPress site: a challenge, a notice of maintenance, a login."""


class TooCostlyError(NotAnArticleError):
    """The page is too large, or reading it takes too much CPU time. It may be an article."""

    def __init__(self) -> None:
        super().__init__(COSTLY)
