"""One exit code for several names."""

from __future__ import annotations

import pytest

from sescli.cli.batch import worst_exit_code
from sescli.exits import ExitCode

OK, FAILED, NO, ACCESS, NOT_FOUND, TRY_LATER = (
    ExitCode.OK,
    ExitCode.FAILED,
    ExitCode.CHECK_FAILED,
    ExitCode.ACCESS,
    ExitCode.NOT_FOUND,
    ExitCode.TRY_LATER,
)


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([], OK),
        ([OK, OK], OK),
        ([OK, NOT_FOUND], NOT_FOUND),
        ([NOT_FOUND, NOT_FOUND], NOT_FOUND),
        ([NOT_FOUND, ACCESS], FAILED),
        ([ACCESS, NO, TRY_LATER], TRY_LATER),
        ([ACCESS, NO], NO),
    ],
)
def test_the_exit_code_of_several(codes, code):
    assert worst_exit_code(codes) is code
