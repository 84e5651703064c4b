"""A folder with what real ones hold leaves one catalog on 15 and on 18, and a copy of it is equal."""

from pathlib import Path

import pytest

from sbapply.catalog.whole import WholeCatalog, differences, read_whole
from sbapply.migrations.files import read_folder
from sbapply.rehearse.clone import rebuild
from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.rehearsal import rehearse
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import _postgres_15 as postgres_15
from tests.reliability.folder_generator import generate

pytestmark = pytest.mark.timeout(300)

SEED = 20261125
# Before 18 a server offers no extensions from elsewhere, so the stand-ins of these are not there.
WITHOUT = frozenset({"cron", "queues"})


@pytest.fixture(scope="module")
def catalogs(sbapply_home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, WholeCatalog]:
    """Replay the folder on servers of both versions and return what each holds then."""
    folder = tmp_path_factory.mktemp("generated") / "migrations"
    generate(SEED, folder, without=WITHOUT)
    migrations = read_folder(folder, shown="supabase/migrations").migrations
    found = {}
    for version in (18, 15):
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("SBAPPLY_PG_BIN", raising=False)
            if version == 15:
                patch.setenv("SBAPPLY_PG_BIN", postgres_15())
            with scratch_engine() as server:
                database = LocalDatabase(server.conninfo())
                rehearse(database, migrations)
                found[version] = read_whole(database)
    return found


def test_15_and_18_hold_the_same(catalogs: dict[int, WholeCatalog]) -> None:
    one, other = catalogs[15].own(), catalogs[18].own()
    assert len(one.objects) > 250
    assert [(each.identity, each.facts()) for each in differences(one, other)] == []


@pytest.mark.parametrize("version", [18, 15])
def test_a_copy_of_it_is_equal(version: int, catalogs: dict[int, WholeCatalog]) -> None:
    assert catalogs[version].not_covered == ()
    with scratch_engine() as server:
        assert [str(each) for each in rebuild(catalogs[version], LocalDatabase(server.conninfo()))] == []
