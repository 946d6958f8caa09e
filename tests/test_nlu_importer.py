"""The training files are read as Rasa reads them, once; a fault is named."""

import pytest

from responder.errors import PackError

pytestmark = pytest.mark.filterwarnings("ignore")  # Rasa's imports warn

GOOD = """version: "3.1"
nlu:
- intent: greet
  examples:
  - text: |
      hello there
    metadata: {lang: en, urgency: routine, flags: [link], also: [], hand: me}
- intent: thank
  examples: |
    - thanks
    - cheers [pal](person)
"""


@pytest.fixture
def importer(tmp_path):
    from responder.nlu.importer import QuickImporter

    def of(text):
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data" / "nlu.yml").write_text(text, encoding="utf-8")
        return QuickImporter(training_data_paths=[str(tmp_path / "data")])

    return of


def test_what_is_read_is_what_rasa_reads(importer, tmp_path):
    from rasa.shared.importers.rasa import RasaFileImporter

    found = importer(GOOD).get_nlu_data()
    wanted = RasaFileImporter(training_data_paths=[str(tmp_path / "data")]).get_nlu_data()
    assert [one.data for one in found.training_examples] == [one.data for one in wanted.training_examples]
    assert found.fingerprint() == wanted.fingerprint()


def test_files_are_read_once(importer):
    one = importer(GOOD)
    assert one.get_nlu_data() is one.get_nlu_data()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("- intent: greet", "- intent: greet: x", "not YAML"),
        ("nlu:", "nlu: 5\nmore:", "it needs"),
        ("hello there", "", "not empty"),
    ],
)
def test_a_fault_is_one_sentence_with_the_file(importer, old, new, said):
    with pytest.raises(PackError, match=said) as caught:
        importer(GOOD.replace(old, new, 1)).get_nlu_data()
    assert "nlu.yml" in str(caught.value)
