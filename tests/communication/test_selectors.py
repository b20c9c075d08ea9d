from apps.communication.models import EmailMessage
from apps.communication.selectors import readable_text


def test_readable_text_hides_the_key_of_a_reply_link_only() -> None:
    text = "siehe https://example.org/reply/a:b:c-d_e/ oder https://example.org/hilfe/"
    email = EmailMessage(text=text)
    assert readable_text(email) == "siehe https://example.org/reply/…/ oder https://example.org/hilfe/"
