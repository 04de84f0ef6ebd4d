"""The calibration of the honest checks runs, is the same each time, and would show a broken method."""

from plass.evaluation.simulation.coverage import coverage_table


def test_the_table_is_complete_and_the_same_each_time() -> None:
    seen: list[int] = []
    first = coverage_table(runs=20, progress=lambda done, whole: seen.append(done * 100 // whole))
    assert first == coverage_table(runs=20)
    assert seen == [0, 20, 40, 60, 80, 100]
    methods = {row.method for row in first}
    honest = {"C-LF, Mbar = 1", "FLCI", "Ferman-Pinto", "Conley-Taber", "spread, F", "joint pre-test, Hotelling"}
    assert honest <= methods
    for row in first:
        assert 0 <= row.share <= 1
        assert row.runs == 20
        if row.method in ("C-LF, Mbar = 1", "FLCI"):
            assert row.share >= row.promised - 4 * (0.95 * 0.05 / 20) ** 0.5
