"""Side-by-side speed measurements: `make bench`, or `python -m benchmarks [NAME…]`.

A benchmark is a module of this package with a function

    def measure(work: Path) -> Iterator[Measured]

which compares things in one run and yields one row (`benchmarks.report.Measured`) for each thing measured, as soon as
it is known. `work` is a folder of its own that is kept between runs: inputs that are slow to make may stay there.
How long things take is measured by `benchmarks.timing`, in rounds that interleave what is compared. Every module with
a `measure` is found by its name, without further registration; the others are helpers. Progress is told by
`benchmarks.report.say`. What a benchmark cannot measure here it yields as a row without a result and with a note.
"""
