// How Sphinx's search orders what it found: a chapter that has the word in its title comes first, whatever else holds it.
const asked = (new URLSearchParams(location.search).get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
var Scorer = {
  score: ([docname, title, , , score]) => {
    const words = title.toLowerCase().split(" > ")[0].split(/[^\p{L}\p{N}-]+/u);
    const named = asked.length > 0 && asked.every((word) => words.some((one) => one === word || one === `${word}s` || `${one}s` === word));
    return score + (named && /\/\d\d_/.test(docname) ? 100 : 0);
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
