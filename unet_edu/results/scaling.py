"""More slices: what they bring, near each other and spread over the stack."""

from unet_edu import comparisons
from unet_edu.experiments.runs import by_seed, kept, rows, spread, values
from unet_edu.results.differences import failed_text, judge, p_text, sorted_out, stacked


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


def scaling_values(record, elastic):
    """Return {number of training slices: one score a run, failed ones too}, with or without elastic deformation."""
    return {count: values(entries) for count, entries in scaling_entries(record, elastic).items()}


def scaling_table(record):
    """Return (head, rows) of texts for `unet_edu.book.table`: V_Rand by number of slices. ± is over seeds.

    Runs that failed are counted beside the mean of the others.
    """

    def cell(entries):
        good = kept(entries)
        broken = len(entries) - len(good)
        return spread(values(good)) + (f" ({broken} of {len(entries)} failed)" if broken else "")

    bent, plain = scaling_entries(record, True), scaling_entries(record, False)
    lines = [[str(count), cell(bent.get(count, [])), cell(plain.get(count, []))] for count in sorted({*bent, *plain})]
    return ["training slices", "with elastic deformation", "without"], lines


def judge_scaling(record, part="mean", key="v_rand"):
    """Return {number of slices, as text: `Judgement`}: runs with elastic deformation less those without."""
    bent, plain = scaling_entries(record, True), scaling_entries(record, False)
    shared = sorted({*bent} & {*plain})
    pairs = {f"{n}": (by_seed(bent[n], part, key), by_seed(plain[n], part, key)) for n in shared}
    broken = {f"{n}": {*comparisons.failed(by_seed(bent[n])), *comparisons.failed(by_seed(plain[n]))} for n in shared}
    return judge(pairs, broken)


def scaling_comparison(record):
    """Return (head, rows) of texts for `unet_edu.book.table`: what elastic deformation changes, by number of slices.

    V_Rand and the share of wrong pixels, in percent: verdict, difference and its 95 % interval in one cell each.
    """

    def cell(one, factor, digits):
        if one is None:
            return "too few paired runs"
        return stacked(one, digits, f"{one.word}, {p_text(one.p)}", factor)

    rand, pixels = judge_scaling(record), judge_scaling(record, "stack", "share_of_wrong_pixels")
    lines = [
        [count, cell(one, 1, 3), cell(pixels[count], 100, 1), str(one.found.pairs if one else 0)]
        for count, one in rand.items()
    ]
    return ["slices", "V_Rand", "wrong pixels, %", "pairs"], lines


def scaling_text(record, numbers=True):
    """Return sentences: for which numbers of slices elastic deformation makes a difference, and which runs failed."""
    told = sorted_out(judge_scaling(record), numbers)
    return f"With elastic deformation, by number of slices. {told} {failed_text(record)}"
