"""More slices: what they bring, near each other and spread over the stack."""

from unet_edu.comparisons import failed
from unet_edu.experiments.runs import by_seed, kept, rows, values
from unet_edu.results.differences import failed_text, judge, p_text, scattered, sorted_out, stacked


def scaling_entries(record, elastic, spread=False):
    """Return {number of training slices: its runs}, of the rows with (or without) elastic deformation.

    spread: of the rows whose slices lie evenly over the stack, instead of being the first.
    """
    found = {}
    for row, entries in rows(record).items():
        told = record["trials"][row]
        if entries and bool(told["elastic"]) == elastic and told.get("spread", False) == spread:
            found[told["samples"]] = entries
    return dict(sorted(found.items()))


def scaling_table(record):
    """Return (head, rows) of texts for `unet_edu.book.table`: V_Rand by number of slices. ± is over seeds.

    Runs that failed are counted beside the mean of the others.
    """

    def cell(entries):
        if not entries:
            return "–"
        good = kept(entries)
        broken = len(entries) - len(good)
        return scattered(values(good), 3) + (f"\n({broken} of {len(entries)} failed)" if broken else "")

    columns = {
        f"{'spread' if apart else 'first'} slices,\n{'elastic' if bent else 'not bent'}": found
        for apart in (False, True)
        for bent in (True, False)
        if (found := scaling_entries(record, bent, apart))
    }
    counts = sorted({count for found in columns.values() for count in found})
    lines = [[str(count), *(cell(found.get(count)) for found in columns.values())] for count in counts]
    return ["training slices", *columns], lines


def judge_scaling(record, part="mean", key="v_rand"):
    """Return {number of slices, as text: `Judgement`}: runs with elastic deformation less those without.

    Of the rows that take the first slices.
    """
    return _judged(scaling_entries(record, True), scaling_entries(record, False), part, key)


def judge_spreading(record, part="mean", key="v_rand"):
    """Return {number of slices, as text: `Judgement`}: runs whose slices are spread over the stack less the others.

    Of the rows with elastic deformation.
    """
    return _judged(scaling_entries(record, True, spread=True), scaling_entries(record, True), part, key)


def _judged(these, others, part, key):
    """{number of slices: `Judgement`} of two kinds of rows, each {number: its runs}, where both have that number."""
    shared = sorted({*these} & {*others})
    pairs = {f"{n}": tuple(by_seed(kind[n], part, key) for kind in (these, others)) for n in shared}
    broken = {f"{n}": {seed for kind in (these, others) for seed in failed(by_seed(kind[n]))} for n in shared}
    return judge(pairs, broken)


def scaling_comparison(record, judged=judge_scaling):
    """Return (head, rows) of texts for `unet_edu.book.table`: what elastic deformation changes, by number of slices.

    judged: `judge_scaling`, or `judge_spreading`: what it changes that slices are spread over the stack.
    V_Rand and the share of wrong pixels, in percent: verdict, difference and its 95 % interval in one cell each.
    """

    def cell(one, factor, digits):
        if one is None:
            return "too few paired runs"
        return stacked(one, digits, f"{one.word}, {p_text(one.p)}", factor)

    rand, pixels = judged(record), judged(record, "stack", "share_of_wrong_pixels")
    lines = [
        [count, cell(one, 1, 3), cell(pixels[count], 100, 1), str(one.found.pairs if one else 0)]
        for count, one in rand.items()
    ]
    return ["slices", "V_Rand", "wrong pixels, %", "pairs"], lines


def scaling_text(record):
    """Return sentences: where elastic deformation makes a difference, where spreading does, and which runs failed."""
    told = [f"With elastic deformation, by number of slices. {sorted_out(judge_scaling(record))}"]
    if spreading := judge_spreading(record):
        told.append(f"With slices spread over the stack instead of the first ones. {sorted_out(spreading)}")
    return " ".join([*told, failed_text(record)])
