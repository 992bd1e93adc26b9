"""Which texts are taken: not empty, not too long, not too many, and in whole characters."""

from collections.abc import Sized

from index.text import is_blank
from models.errors import BadText
from models.text import HALF_CHARACTER
from service.errors import BadRequest
from service.settings import Settings


class TextLimits:
    """The limits of the settings, on which every door checks what it is given."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def check_count(self, texts: Sized, param: str) -> None:
        """Raise BadRequest, naming `param`, for more texts than one request may have."""
        most = self._settings.max_batch_texts
        if len(texts) > most:
            raise BadRequest(f"{param} has {len(texts)} texts, the limit is {most}; send them in parts", param=param)

    def check(self, text: str, param: str) -> None:
        """Raise BadText, naming `param`, for a text that is empty, too long, or holds half a character."""
        if is_blank(text):
            raise BadText(f"{param} is empty; give it some text", param=param)
        self.check_readable(text, param)

    def check_readable(self, text: str, param: str) -> None:
        """Raise BadText, naming `param`, for a text that is too long or holds half a character."""
        if HALF_CHARACTER.search(text):
            raise BadText(f"{param} holds half a character; is it in UTF-8?", param=param)
        if len(text) > self._settings.max_text_chars:
            found = f"{param} has {len(text)} characters, the limit is {self._settings.max_text_chars}"
            raise BadText(f"{found}; split it into sentences or raise max_text_chars", param=param)
