// Bet on the part that will be missed most, then let the dots fall: a row a network, a dot a run.

const ROW = 26, TOP = 8, FALL_MS = 900;
const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;

/** The place of each change among all changes, 1 for the lowest mean; of the complete network, the first, 0. */
export function ranks(scores) {
  const means = scores.map(mean);
  return means.map((one, at) => (at ? 1 + means.slice(1).filter((other) => other < one).length : 0));
}

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  const names = get("names"), scores = get("scores");
  const select = element("select", { "aria-label": "your bet: what will be missed most?" },
    element("option", { value: 0 }, "what will be missed most?"), ...names.slice(1).map((name, at) => element("option", { value: at + 1 }, name)));
  select.onchange = () => change(model, { bet: Number(select.value) });
  const fall = element("button", { type: "button", onclick: () => change(model, { fallen: !get("fallen") }) });
  const order = choice(model, "order", "rows", [["drawn", "as listed"], ["mean", "by their mean"]]);
  const picture = svg("svg", { role: "img" });
  const words = element("p", { class: "lf-op-words" });
  const table = foldedTable("The runs as a table");
  root.append(element("div", { class: "lf-controls lf-op-controls" }, select, fall, order.node), words, picture, table.node);
  const low = Math.min(...scores.flat()) - 0.01, high = Math.max(...scores.flat()) + 0.01;
  const means = scores.map(mean), places = ranks(scores);
  let width = 640, stop = () => {}, part = get("fallen") ? 1 : 0, drawnFallen = get("fallen");

  function drawRows() {
    const narrow = width < 520, label = narrow ? 0 : 200, row = narrow ? 40 : ROW;
    const rows = names.map((_, at) => at);
    if (get("order") === "mean" && get("fallen")) rows.sort((a, b) => means[b] - means[a]);
    const x = (score) => label + 8 + ((score - low) / (high - low)) * (width - label - 16);
    const height = rows.length * row + TOP + 22;
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const nodes = [svg("line", { x1: x(means[0]), x2: x(means[0]), y1: TOP, y2: height - 20, class: "lf-ghost" })];
    rows.forEach((at, place) => {
      const y = TOP + place * row + (narrow ? 28 : row / 2);
      const mine = at > 0 && at === get("bet");
      if (mine) nodes.push(svg("rect", { x: 0, y: TOP + place * row, width, height: row, class: "lf-bs-mine" }));
      nodes.push(svg("text", { x: narrow ? 2 : label, y: narrow ? y - 14 : y + 4, "text-anchor": narrow ? "start" : "end", class: at === 0 ? "lf-strong" : null }, names[at]));
      nodes.push(svg("line", { x1: label + 8, x2: width - 8, y1: y, y2: y, class: "lf-bs-line" }));
      scores[at].forEach((score, run) => {
        const from = -40 - 17 * ((at * 5 + run) % 7); // above the picture, not all at once
        const fallen = Math.min(1, Math.max(0, part * 1.6 - ((run * 3 + at) % 5) * 0.12));
        if (fallen > 0) nodes.push(svg("circle", { cx: x(score), cy: from + (y - from) * fallen ** 2, r: 5, class: at === 0 ? "lf-down" : "lf-kept" }));
      });
    });
    for (const score of [0.6, 0.7, 0.8, 0.9]) if (score > low && score < high) nodes.push(svg("text", { x: x(score), y: height - 4, "text-anchor": "middle", class: "lf-muted" }, score.toFixed(1)));
    picture.replaceChildren(...nodes);
  }
  function draw() {
    order.update();
    const bet = get("bet") < names.length ? get("bet") : 0, fallen = get("fallen");
    if (Number(select.value) !== bet) select.value = bet;
    fall.textContent = fallen ? "take the dots up again" : "let the dots fall";
    fall.setAttribute("aria-pressed", fallen);
    if (fallen !== drawnFallen) {
      drawnFallen = fallen;
      stop();
      if (stillness() || !fallen) part = fallen ? 1 : 0;
      else {
        const start = performance.now();
        stop = frames(() => {
          part = Math.min(1, (performance.now() - start) / FALL_MS);
          drawRows();
          return part < 1;
        });
      }
    }
    drawRows();
    const count = names.length - 1;
    const told = bet ? `${names[bet]}: mean ${means[bet].toFixed(3)}, ${means[bet] > means[0] ? "above" : "below"} the complete network's ${means[0].toFixed(3)}; place ${places[bet]} of ${count} from below.` : `The lowest of ${count} is ${names[places.indexOf(1)]}.`;
    words.textContent = fallen ? told : bet ? `Your bet: ${names[bet]}. Now let the dots fall.` : "Place a bet first: one thing is taken away from U-Net, or done differently. What will be missed most?";
    picture.setAttribute("aria-label", fallen ? told : "Empty rows, one for each network; no dot has fallen yet.");
    root.dataset.place = String(places[bet]);
    table.update(["network", "mean", "runs"], names.map((name, at) => [name, fallen ? means[at].toFixed(3) : "?", fallen ? scores[at].map((one) => one.toFixed(3)).join(" ") : "?"]));
    say(words.textContent);
  }
  const end = drawOnChange(model, ["bet", "fallen", "order"], draw);
  const resized = whenResized(root, () => {
    width = Math.max(260, root.clientWidth - 6);
    drawRows();
  });
  return () => {
    stop();
    resized();
    end();
  };
}

export default liveFigure("BetAndSee", build);
