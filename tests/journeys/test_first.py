"""The thinnest slice: somebody chooses who to be and arrives at their own day."""

from playwright.sync_api import Page, expect

from .conftest import become, shoot


def test_a_specialist_arrives_at_their_day(page: Page) -> None:
    become(page, "Siri Spesialist")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    shoot(page, "min-dag")
