// Playground: a U-Net that learns in the page. A trainer (playground_worker.js) computes; here its reports become pictures,
// curves and words, and what the reader switches becomes the config of the next run.

const MOST_AT_ONCE = 20; // steps by which one of two runs may be ahead
const QUIET = 5000; // milliseconds between two announcements
const STILL = 2000; // milliseconds between two pictures where motion is not wanted
const RUNS = ["first", "second"];
const OUTLINE = [255, 170, 40];
const UNABLE = (words) => `this browser cannot run the network (${words})`;
const SLOW = 400; // milliseconds for a look at the validation picture: then steps take about a second

/** Switches as selects: [trait, title, [[value, words], …]]. */
const SWITCHES = [
  ["images", "training pictures", [[12, "twelve"], [1, "one"]]],
  ["augment", "augmentation", [["elastic", "turned, flipped, bent"], ["turns", "turned, flipped"], ["none", "none"]]],
  ["weighted", "weight map", [[true, "on"], [false, "off"]]],
  ["depth", "depth", [0, 1, 2, 3].map((depth) => [depth, String(depth)])],
  ["width", "width", [2, 4, 8, 12, 16].map((width) => [width, `${width} channels`])],
  ["padding", "convolutions", [[0, "valid"], [1, "padded"]]],
  ["start", "first weights", [["paper", "the paper's"], ["pytorch", "PyTorch's"], ["zero", "all zero"], ["large", "ten times too large"]]],
  ["dropout", "dropout", [[0, "none"], [0.25, "0.25"], [0.5, "0.5"]]],
  ["loss", "loss", [["cross-entropy", "cross entropy"], ["dice", "Dice"], ["sum", "cross entropy, summed"], ["upside-down", "without the minus sign"]]],
  ["optimiser", "optimiser", [["adamw", "AdamW"], ["sgd", "SGD, momentum 0.9"]]],
  ["rate", "learning rate", [1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 1, 10].map((rate) => [rate, String(rate)])],
  ["schedule", "rate over time", [["one-cycle", "one cycle"], ["constant", "constant"]]],
  ["clip", "clip the gradient", [[1, "to 1"], [0, "no"]]],
];
const SKIPS = [["crop", "crop"], ["resize", "resize"], ["pool", "after the pool"], ["none", "none"]];

/** The config of a run of makeRun, and of unet_edu.figures.learner. */
function configOf(values) {
  const { depth, skips, clip } = values;
  return { ...values, skips: skips.slice(0, depth), clip: clip || null, momentum: 0.9, decay: values.optimiser === "adamw" ? 0.01 : 0 };
}

/** Means of a few numbers each, so that a line has no more points than pixels: [[place, mean], …]. */
function thinnedLine(points, most) {
  const group = Math.max(1, Math.ceil(points.length / most));
  const out = [];
  for (let at = 0; at < points.length; at += group) {
    const part = points.slice(at, at + group);
    out.push([part.reduce((sum, [x]) => sum + x, 0) / part.length, part.reduce((sum, [, y]) => sum + y, 0) / part.length]);
  }
  return out;
}

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  const keys = [...SWITCHES.map(([key]) => key), "data", "skips", "seed", "steps"];
  const runs = { first: null, second: null }; // what is known of each: { trainer, history, looks, look, maps, ended, stages }
  let pictures = null, playing = false, gone = false, told = 0, painted = 0, betting = null, width = 640;
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  let recording = ""; // why what is shown is a recorded run; "": it is computed
  let patient = false; // the reader wants it computed, however slowly
  const shown = () => (get("rival") ? RUNS : RUNS.slice(0, 1));
  const valuesOf = (which) => ({ ...Object.fromEntries(keys.map((key) => [key, get(key)])), ...(which === "second" ? get("rivals")[get("rival")] : {}) });

  // ---- what is on the page
  const play = element("button", { type: "button", class: "lf-pg-play", onclick: () => (playing ? pause() : start()) }, "▶ play");
  const one = element("button", { type: "button", onclick: () => advance(1) }, "step");
  const again = element("button", { type: "button", onclick: () => restart(false) }, "reset");
  const seed = element("input", { type: "number", min: 0, max: 9999, step: 1 });
  seed.onchange = () => {
    const value = Math.round(Number(seed.value));
    if (value >= 0 && value <= 9999) change(model, { seed: value });
    else seed.value = get("seed");
  };
  const moment = element("span", { class: "lf-pg-moment" });
  const list = (title, options, onchange) => {
    const node = element("select", { onchange: () => onchange(options[node.selectedIndex][0]) }, ...options.map(([, words]) => element("option", {}, words)));
    const show = (value) => (node.selectedIndex = options.findIndex(([each]) => each === value));
    return { label: element("label", {}, title, node), node, show };
  };
  const presets = list("show me", Object.entries(get("presets")).map(([key, { title }]) => [key, title]), (preset) => choose(preset));
  const rivals = list("beside it", [["", "nothing"], ...Object.keys(get("rivals")).map((key) => [key, key])], (rival) => change(model, { rival, bet: "" }));
  const data = choice(model, "data", "pictures", [["nuclei", "real nuclei"], ["tissue", "drawn tissue"]], () => ({ preset: "" }));
  const lookAt = element("p", { class: "lf-pg-look" });
  const bet = element("div", { class: "lf-pg-bet" });
  const why = element("p", { class: "lf-pg-recording" });

  const { side } = get("scales"); // a canvas is as large from the start as its picture will be: nothing moves when it comes
  const canvas = (label, wide = side) => element("canvas", { role: "img", "aria-label": label, width: wide, height: side });
  const image = canvas("The validation picture; true cells outlined");
  const truthPanel = element("figure", { class: "lf-pg-picture" }, image, element("span", {}, "validation picture, true cells outlined"));
  const panels = Object.fromEntries(RUNS.map((which) => {
    const picture = canvas("prediction"), title = element("span", { class: `lf-pg-${which}` }), facts = element("div", { class: "lf-pg-facts" });
    return [which, { picture, title, facts, node: element("figure", { class: "lf-pg-picture" }, picture, title, facts) }];
  }));
  const curves = svg("svg", { class: "lf-pg-curves", role: "img", height: 190 });
  const stages = element("select", { onchange: () => change(model, { stage: stages.value }) });
  const maps = Object.fromEntries(RUNS.map((which) => {
    const node = canvas("feature maps", side * get("width")), words = element("span", { class: "lf-muted" });
    return [which, { canvas: node, words, node: element("div", {}, node, words) }];
  }));
  const selects = SWITCHES.map(([key, title, options]) => ({ key, ...list(title, options, (value) => change(model, { [key]: value, preset: "" })) }));
  const skips = [0, 1, 2].map((level) => list(`skip ${level}`, SKIPS, (kind) =>
    change(model, { skips: get("skips").map((each, at) => (at === level ? kind : each)), preset: "" })));
  const table = foldedTable("Losses and scores as a table");
  root.append(
    element("div", { class: "lf-pg-bar" }, presets.label, rivals.label, data.node),
    why, lookAt, bet,
    element("div", { class: "lf-pg-bar" }, play, one, again, element("label", {}, "seed", seed), moment),
    element("div", { class: "lf-pg-pictures" }, truthPanel, ...RUNS.map((which) => panels[which].node), element("div", { class: "lf-pg-over-time" }, curves)),
    element("div", { class: "lf-pg-bar lf-pg-stages" }, element("label", {}, "feature maps of", stages)),
    element("div", { class: "lf-pg-maps" }, ...RUNS.map((which) => maps[which].node)),
    element("details", { open: true }, element("summary", {}, "All switches"),
      element("div", { class: "lf-pg-switches" }, ...selects.map(({ label }) => label), ...skips.map(({ label }) => label))),
    table.node);
  const needing = [presets, rivals, ...selects, ...skips].map(({ node }) => node).concat(seed, stages, ...data.node.querySelectorAll("button")); // who computes

  for (const part of [panels.second.node, maps.second.node]) part.hidden = !get("rival");
  why.hidden = true;

  // ---- running
  const ends = () => (recording ? get("record").losses.length : get("steps"));
  const stepOf = (run) => run?.history.at(-1)?.step ?? 0;
  const over = (run) => run?.ended || stepOf(run) >= ends();

  function make(which) {
    runs[which]?.trainer.dispose();
    const run = { history: [], looks: [], look: null, maps: null, ended: "", target: 0 };
    const report = (what) => !gone && runs[which] === run && take(which, what);
    run.trainer = trainerFor(which, report);
    run.trainer.stage(get("stage") || "none");
    run.trainer.start(configOf(valuesOf(which)));
    runs[which] = run;
  }
  function trainerFor(which, report) {
    if (get("device") !== null && root.dataset.kernel === "live") return kernelTrainer(model, report, `${which}-${Math.random()}`);
    if (recording) return recordedTrainer(get("record"), report, pictures.frames);
    try {
      return pageTrainer(pictures[valuesOf(which).data], report);
    } catch (error) { // there is no worker
      if (!canPlay(UNABLE(error.message))) throw error;
      return trainerFor(which, report);
    }
  }
  /** Whether there is a run to play, for this reason: a recorded one of these switches, or, where nothing can compute, the one that there is. */
  function canPlay(reason, slowly = false) {
    const { config, looks } = get("record");
    if (!looks || recording || (slowly && patient)) return false;
    const mine = configOf(valuesOf("first"));
    const alike = !get("rival") && Object.keys(config).every((key) => key === "steps" || JSON.stringify(config[key]) === JSON.stringify(mine[key]));
    if (slowly && !alike) return false;
    recording = reason;
    const { momentum, decay, clip, skips: kinds, ...values } = config;
    const all = [...kinds, ...get("skips").slice(kinds.length)];
    if (!alike) change(model, { ...values, clip: clip ?? 0, skips: all, rival: "", bet: "", preset: "" });
    const leave = () => {
      [recording, patient] = ["", true];
      drawWhy();
      restart(false);
    };
    const button = slowly ? [" ", element("button", { type: "button", onclick: leave }, "compute it here all the same")] : [];
    why.replaceChildren(`A recording of ${get("record").losses.length} steps, with these switches: ${reason}.`, ...button);
    drawWhy();
    return true;
  }
  function drawWhy() {
    why.hidden = !recording;
    root.toggleAttribute("data-recorded", Boolean(recording));
    for (const node of needing) node.disabled = Boolean(recording);
  }
  function restart(goOn) {
    if (!pictures) return;
    pause();
    for (const which of RUNS) {
      if (shown().includes(which)) make(which);
      else {
        runs[which]?.trainer.dispose();
        runs[which] = null;
      }
    }
    if (goOn) start();
    draw(true);
  }
  function aim() { // neither of two runs gets far ahead
    const active = shown().map((which) => runs[which]).filter(Boolean);
    const least = Math.min(...active.map((run) => (run.ended ? Infinity : stepOf(run))));
    for (const run of active) {
      const target = !playing ? run.target : active.length > 1 && least < Infinity ? Math.min(least + MOST_AT_ONCE, ends()) : ends();
      if (target !== run.target) run.trainer.until((run.target = target));
    }
  }
  function start() {
    if (get("rival") && !get("bet")) return askFirst();
    if (shown().every((which) => over(runs[which]))) return restart(true);
    playing = true;
    aim();
    draw();
  }
  function pause() {
    playing = false;
    for (const which of RUNS) runs[which]?.trainer.until((runs[which].target = 0));
    draw();
  }
  function advance(count) {
    pause();
    for (const which of shown()) {
      const run = runs[which];
      if (run && !over(run)) run.trainer.until((run.target = stepOf(run) + count));
    }
  }
  function askFirst() {
    bet.querySelector("button")?.focus();
    betting = "Bet first: which of the two will have the higher V_Rand in the end?";
    say(betting);
    draw();
  }
  function choose(preset) {
    change(model, { ...get("defaults"), ...get("presets")[preset].changes, preset, rival: "", bet: "" });
  }

  function take(which, { steps, look, maps: found, ended, parameters, error, pace }) {
    const run = runs[which];
    if (error && !run.look && canPlay(UNABLE(error))) return restart(playing);
    if (error) return (moment.textContent = `The trainer failed: ${error}`);
    if (pace > SLOW && canPlay("here the network would learn very slowly", true)) return restart(playing);
    run.history.push(...steps);
    if (ended) run.ended = ended;
    if (parameters) run.parameters = parameters;
    if (look) {
      run.look = look;
      run.looks.push({ step: look.step, vRand: look.vRand, loss: look.loss, wrong: look.wrong });
    }
    if (found) run.maps = found;
    if (playing) aim();
    if (playing && shown().every((each) => over(runs[each]))) {
      playing = false;
      draw(true);
      return tell(true);
    }
    if (!stillness() || performance.now() - painted > STILL || !playing) draw(Boolean(look));
    tell(false);
  }

  /** What happens, for screen readers: not more often than every five seconds. */
  function tell(atOnce) {
    if (!atOnce && (!playing || performance.now() - told < QUIET)) return;
    told = performance.now();
    say(shown().map((which) => `${get("rival") ? `${names()[which]}: ` : ""}${sentence(runs[which])}`).join(" "));
  }
  const sentence = (run) => (run?.ended === "nan"
    ? `The loss is no number after step ${stepOf(run)}.`
    : `Step ${stepOf(run)}, loss ${(run?.history.at(-1)?.loss ?? NaN).toPrecision(3)}, V_Rand ${run?.look?.vRand.toFixed(3)}.`);
  const names = () => ({ first: get("rival") ? "as switched" : "prediction", second: get("rival") });

  // ---- drawing
  function draw(pictured = true) {
    painted = performance.now();
    const first = runs.first;
    play.textContent = playing ? "❚❚ pause" : shown().every((which) => over(runs[which])) && first ? "▶ play again" : "▶ play";
    play.disabled = one.disabled = !first;
    const step = stepOf(first);
    moment.textContent = first ? `step ${step} of ${ends()}${first.ended === "nan" ? ", stopped" : ""}, on ${first.trainer.where}` : "loading …";
    Object.assign(root.dataset, {
      step, loss: first?.history.length ? first.history.at(-1).loss ?? NaN : "", vRand: first?.look?.vRand ?? "",
      state: !first?.look ? "loading" : first.ended === "nan" ? "nan" : playing ? "playing" : over(first) ? "done" : step ? "paused" : "ready",
    });
    presets.show(get("preset"));
    rivals.show(get("rival"));
    data.update();
    if (seed !== seed.getRootNode().activeElement) seed.value = get("seed");
    for (const { key, show } of selects) show(get(key));
    skips.forEach(({ label, show }, level) => {
      label.hidden = level >= get("depth");
      show(get("skips")[level]);
    });
    lookAt.textContent = get("presets")[get("preset")]?.look ?? "Your own switches. Play, and compare.";
    drawBet();
    for (const which of RUNS) {
      const run = runs[which], panel = panels[which];
      panel.node.hidden = maps[which].node.hidden = !shown().includes(which);
      if (recording) maps[which].node.hidden = true; // there are none in it
      if (!run || panel.node.hidden) continue;
      panel.title.textContent = names()[which];
      if (pictured && run.look) drawLook(run, panel);
      if (pictured && run.maps) drawMaps(run, maps[which]);
    }
    drawCurves();
    if (table.node.open) fillTable();
  }
  function drawLook({ look, ended }, { picture, facts }) {
    const { side } = pictures[get("data")];
    paint(picture, look.probability, side, side, [0, 1]);
    picture.setAttribute("aria-label", `Probability of cell for the validation picture after ${look.step} steps, white for certain`);
    const cells = look.alone + look.together + look.broken;
    facts.replaceChildren(
      element("strong", {}, ended === "nan" ? "NaN" : `V_Rand ${look.vRand.toFixed(3)}`), element("br"),
      `of ${cells} cells ${look.alone} found, ${look.together} merged, ${look.broken} split or missed`, element("br"),
      `${percent(look.wrong)} of the pixels wrong`);
  }
  function drawMaps(run, { canvas: node, words }) {
    const { name, side, greys, channels, size, stages: all } = run.maps;
    if (run === runs.first && [...stages.options].map((option) => option.value).join() !== all.join()) {
      stages.replaceChildren(...all.map((each) => element("option", { value: each }, each)));
    }
    if (run === runs.first) stages.value = name;
    const columns = Math.min(channels, 8), lines = Math.ceil(channels / columns), gap = 2;
    const [wide, high] = [columns * (side + gap) - gap, lines * (side + gap) - gap];
    const sheet = new Float32Array(wide * high).fill(128);
    for (let channel = 0; channel < channels; channel += 1) {
      const [left, top] = [(channel % columns) * (side + gap), Math.floor(channel / columns) * (side + gap)];
      for (let y = 0; y < side; y += 1) sheet.set(greys.subarray((channel * side + y) * side, (channel * side + y + 1) * side), (top + y) * wide + left);
    }
    paint(node, sheet, wide, high, [0, 255]);
    node.style.maxWidth = `${2 * wide}px`;
    words.textContent = `${name}: ${channels} maps of ${size} × ${size}`;
    node.setAttribute("aria-label", `${words.textContent} for the validation picture, each from its least value to its greatest`);
  }
  function drawCurves() {
    const [left, right, top, high, gap] = [34, 8, 16, 60, 34];
    const x = (step) => left + ((width - left - right) * step) / Math.max(ends(), 1);
    const known = shown().map((which) => runs[which]).filter(Boolean);
    const losses = known.flatMap(({ history, looks }) => [...history.map(({ loss }) => loss), ...looks.map(({ loss }) => loss)]).filter(Number.isFinite);
    const most = losses.reduce((a, b) => Math.max(a, b), 0.1);
    const ceiling = losses.length > 20 ? Math.min(most, 4 * Math.max(0.25, [...losses].sort((a, b) => a - b)[Math.floor(losses.length / 2)])) : most;
    const y = (at, value, limit) => at + high - (high * Math.min(Math.max(value, 0), limit)) / limit;
    const path = (points, at, limit, kind) => {
      const line = thinnedLine(points.filter(([, value]) => Number.isFinite(value)), 160);
      return svg("path", { class: kind, d: line.map(([step, value], place) => `${place ? "L" : "M"}${x(step).toFixed(1)} ${y(at, value, limit).toFixed(1)}`).join("") });
    };
    const second = top + high + gap;
    const text = (at, words, more = {}) => svg("text", { x: left, y: at, ...more }, words);
    const parts = [
      svg("rect", { x: left, y: top, width: width - left - right, height: high }), svg("rect", { x: left, y: second, width: width - left - right, height: high }),
      text(top - 5, width < 420 ? "loss (dashed: unseen picture)" : "loss of the tiles (solid) and of the unseen picture (dashed)"), text(second - 5, "V_Rand of the unseen picture"),
      text(top + 10, ceiling.toPrecision(2), { x: left - 4, "text-anchor": "end" }), text(top + high, "0", { x: left - 4, "text-anchor": "end" }),
      text(second + 10, "1", { x: left - 4, "text-anchor": "end" }), text(second + high, "0", { x: left - 4, "text-anchor": "end" }),
      text(second + high + 14, `${ends()} steps`, { x: width - right, "text-anchor": "end" }),
    ];
    for (const which of shown()) {
      const run = runs[which];
      if (!run) continue;
      const kind = `lf-pg-line-${which}`;
      parts.push(path(run.history.map(({ step, loss }) => [step, loss]), top, ceiling, kind),
        path(run.looks.map(({ step, loss }) => [step, loss]), top, ceiling, `${kind} lf-pg-unseen`),
        path(run.looks.map(({ step, vRand }) => [step, vRand]), second, 1, kind));
    }
    curves.setAttribute("viewBox", `0 0 ${width} ${second + high + 18}`);
    curves.setAttribute("height", second + high + 18);
    curves.setAttribute("aria-label", `Loss and V_Rand over the steps. ${known.map(sentence).join(" ")}`);
    curves.replaceChildren(...parts);
  }
  function drawBet() {
    bet.hidden = !get("rival");
    if (!get("rival")) return;
    const options = [["first", names().first], ["second", names().second], ["even", "no difference (0.01)"]];
    const key = [get("rival"), get("bet"), playing, stepOf(runs.first), betting].join();
    if (bet.dataset.key === key) return;
    bet.dataset.key = key;
    const began = Boolean(get("bet")) && stepOf(runs.first) > 0;
    if (!began) {
      bet.replaceChildren(element("span", {}, betting ?? "Which will have the higher V_Rand in the end?"), ...options.map(([value, words]) => element("button", {
        type: "button", "aria-pressed": String(get("bet") === value), onclick: () => change(model, { bet: value }),
      }, words)));
      return;
    }
    const mine = options.find(([value]) => value === get("bet"))[1];
    const finished = shown().every((which) => over(runs[which]) && runs[which].look);
    if (!finished) return bet.replaceChildren(element("span", {}, `Your bet: ${mine}.`));
    const [one1, two] = RUNS.map((which) => (runs[which].ended ? 0 : runs[which].look.vRand));
    const won = Math.abs(one1 - two) <= 0.01 ? "even" : one1 > two ? "first" : "second";
    bet.replaceChildren(element("span", {}, `Your bet: ${mine}. It came out ${one1.toFixed(3)} to ${two.toFixed(3)}: `
      + `${won === get("bet") ? "you win." : `it is ${options.find(([value]) => value === won)[1]}.`}`));
  }
  function fillTable() {
    const run = runs.first;
    const at = (step) => run.history.find((each) => each.step === step) ?? {};
    const chosen = run?.looks.filter((_, place, all) => place % Math.ceil(all.length / 30) === 0) ?? [];
    table.update(["step", "loss of the tiles", "loss of the unseen picture", "V_Rand", "wrong pixels", "learning rate"], chosen.map((look) =>
      [look.step, at(look.step).loss?.toPrecision(3) ?? "–", (look.loss ?? NaN).toPrecision(3), look.vRand.toFixed(3), percent(look.wrong), at(look.step).rate?.toPrecision(2) ?? "–"]));
  }
  table.node.addEventListener("toggle", () => table.node.open && runs.first && fillTable());
  function drawImage() {
    const { side, images, instances } = pictures[get("data")];
    const from = images.length - side * side;
    image.width = image.height = side;
    const out = new ImageData(side, side);
    for (let at = 0; at < side * side; at += 1) {
      const cell = instances[from + at], x = at % side;
      const edge = cell && [x > 0 ? at - 1 : at, x < side - 1 ? at + 1 : at, at - side, at + side].some((next) => next >= 0 && next < side * side && instances[from + next] !== cell);
      const grey = 255 * images[from + at];
      out.data.set(edge ? [...OUTLINE, 255] : [grey, grey, grey, 255], 4 * at);
    }
    image.getContext("2d").putImageData(out, 0, 0);
  }

  // ---- life
  const switched = () => {
    if (!pictures) return;
    drawImage();
    betting = null;
    restart(playing && !get("rival"));
  };
  const stopSwitches = drawOnChange(model, [...keys, "rival", "device"], switched);
  const stopRest = drawOnChange(model, ["bet", "preset", "stage"], () => {
    for (const which of RUNS) runs[which]?.trainer.stage(get("stage") || "none");
    draw();
  });
  const stopSize = whenResized(root, () => {
    width = Math.max(280, curves.clientWidth || root.clientWidth || 640);
    drawCurves();
  });
  const kernelCame = new MutationObserver(() => get("device") !== null && switched());
  kernelCame.observe(root, { attributes: true, attributeFilter: ["data-kernel"] });
  const packed = { nuclei: Uint8Array, tissue: Uint8Array, ...(get("frames").byteLength ? { frames: Uint8Array } : {}) };
  loadBytes(model, packed).then(({ frames, ...loaded }) => {
    if (gone) return;
    const { side, greys, terms } = get("scales");
    pictures = Object.fromEntries(Object.entries(loaded).map(([kind, bytes]) => {
      const third = bytes.length / 3;
      return [kind, {
        side, images: Float32Array.from(bytes.subarray(0, third), (grey) => grey / greys), instances: bytes.subarray(third, 2 * third),
        border: Float32Array.from(bytes.subarray(2 * third), (term) => term * terms),
      }];
    }));
    pictures.frames = frames;
    switched();
  });
  return () => {
    gone = true;
    kernelCame.disconnect();
    stopSwitches();
    stopRest();
    stopSize();
    for (const which of RUNS) runs[which]?.trainer.dispose();
  };
}

export default liveFigure("Playground", build);
