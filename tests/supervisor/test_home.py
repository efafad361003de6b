"""What a running platform tells other commands of the same machine."""

from pathlib import Path

from aixiv.settings import Settings
from aixiv.supervisor.home import held, publish_addresses, with_running_addresses


def test_links_that_other_commands_print_lead_to_the_running_platform(tmp_path: Path) -> None:
    with held(tmp_path):
        publish_addresses(Settings(home=tmp_path, port=8300, database_url="postgresql://here/aixiv"))
        found = with_running_addresses(Settings(home=tmp_path))
        assert (found.address, found.database_url) == ("http://127.0.0.1:8300", "postgresql://here/aixiv")
        assert with_running_addresses(Settings(home=tmp_path, public_url="https://a.org")).address == "https://a.org"
    assert with_running_addresses(Settings(home=tmp_path)).address == Settings(home=tmp_path).address
