// FeatureMaps: a bet before the first click, on the skip connection that hurts most; it stays beside the result.

/**
 * Of interventions and their costs, [[name, costs]], the one that hurts most: cells lost, then wrong or changed pixels; null
 * where none loses a cell or changes a pixel.
 */
export function worstOf(tried) {
  const lost = ({ before, now }) => now.merged + now.split - before.merged - before.split;
  const pixels = ({ changed, before, now }) => (now.wrong === null ? changed : now.wrong - before.wrong);
  const [worst] = [...tried].sort(([, one], [, other]) => lost(other) - lost(one) || pixels(other) - pixels(one));
  return worst && (lost(worst[1]) > 0 || pixels(worst[1]) > 0) ? worst[0] : null;
}

/** { node, draw }: draw() after a run. run: of networkRun. */
function skipBet(shared, run) {
  const { model, get, say } = shared;
  const question = element("p", { class: "lf-fm-question" }, "Before you click: which skip hurts most?");
  const buttons = element("div", { class: "lf-buttons", role: "group", "aria-label": "your bet" });
  const result = element("div", { class: "lf-fm-result" });
  const node = element("div", { class: "lf-fm-bet" }, question, buttons, result);
  node.hidden = true;
  let tried = null; // { here, list: [[name, costs]] }
  let busy = false;

  async function tryAll() {
    if (busy || !shared.now || !get("bet")) return;
    busy = true;
    const { here } = shared.now;
    const list = [];
    for (const name of shared.skips) {
      const found = await run.trial([name]);
      if (!found) break;
      list.push([name, found]);
    }
    busy = false;
    if (shared.gone) return;
    if (list.length === shared.skips.length) tried = { here, list };
    await run.compute();
    draw();
  }

  function draw() {
    const { skips } = shared;
    node.hidden = !skips?.length;
    if (node.hidden) return;
    const bet = get("bet");
    if (buttons.children.length !== skips.length) {
      buttons.replaceChildren(...skips.map((name) => element("button", { type: "button", onclick: () => change(model, { bet: name }) }, name)));
    }
    skips.forEach((name, at) => buttons.children[at].setAttribute("aria-pressed", name === bet));
    if (!bet) {
      result.replaceChildren(element("span", { class: "lf-muted" }, "Choose one; then each is cut alone, and the cells are counted."));
      return;
    }
    if (!tried) {
      result.replaceChildren(element("span", { class: "lf-muted" }, "Each is cut alone …"));
      return;
    }
    const worst = worstOf(tried.list);
    const verdict = worst === null ? `You bet on ${bet}. None of them costs a cell or a pixel here.`
      : `You bet on ${bet}. ${worst === bet ? "Right: it hurts most here." : `Here ${worst} hurts most.`}`;
    const most = Math.max(...tried.list.map(([, { now }]) => now.merged + now.split), 1);
    const rows = tried.list.map(([name, { now, before, changed }]) => element("div", { class: `lf-fm-tried${name === worst ? " lf-fm-worst" : ""}` },
      element("span", { class: "lf-fm-tried-name" }, `${name}${name === bet ? " ◂ your bet" : ""}`),
      element("span", { class: "lf-fm-bar-room" }, element("i", { style: `width: ${(100 * (now.merged + now.split)) / most}%` })),
      element("span", {}, `${now.merged} merged, ${now.split} split; ${now.wrong === null ? `${percent(changed)} changed` : `wrong pixels ${percent(before.wrong)} → ${percent(now.wrong)}`}`)));
    const again = element("button", { type: "button", onclick: tryAll }, "try all here");
    const moved = shared.now && tried.here !== shared.now.here;
    result.replaceChildren(element("p", {}, element("strong", {}, verdict), moved ? " (Where the window stood before.) " : ""), ...(moved ? [again] : []), ...rows);
    if (!moved) say(verdict);
  }

  const end = drawOnChange(model, ["bet"], () => {
    draw();
    if (!tried) tryAll();
  });
  return { node, draw: () => { draw(); if (get("bet") && !tried) tryAll(); }, end };
}
