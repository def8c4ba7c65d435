"""How a script ends: a sentence and a status, never a traceback for what a user did."""

import pytest

from tfvae import scripts
from tfvae.errors import InterruptedRun, NonFiniteError, UserError


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (UserError("give another"), 2, "give another"),
        (NonFiniteError("the KL term is not finite at step 3"), 1, "not finite at step 3"),
        (PermissionError(13, "Permission denied", "runs"), 1, "Permission denied: runs"),
        (InterruptedRun(), 130, "stopped"),
        (KeyboardInterrupt(), 130, "stopped"),
    ],
    ids=["user", "non-finite", "system", "interrupted run", "interrupted"],
)
def test_an_error_is_a_sentence_and_a_status(error, status, sentence, capsys):
    def main(argv):
        raise error

    assert scripts.run(main, ["vae.py"], "stopped") == status
    assert sentence in capsys.readouterr().err


def test_no_error_is_status_zero_and_passes_the_arguments_on(capsys):
    seen = []
    assert scripts.run(seen.extend, ["vae.py", "--list"]) == 0
    assert seen == ["vae.py", "--list"]
    assert capsys.readouterr().err == ""


def test_a_fault_of_the_program_keeps_its_traceback():
    def main(argv):
        raise KeyError("bug")

    with pytest.raises(KeyError):
        scripts.run(main, ["vae.py"])
