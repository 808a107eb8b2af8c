// Inside a U-Net: the image, the U with a picture of every map, one stage with all its channels, one channel with the
// filters that feed it, and the prediction with and without what is switched off. Who computes: engine.js.

const TILE = 40; // pixels of a channel in the grid
const FILTERS = 12; // shown of those that feed a channel
const LONGEST = 1024; // pixels; a larger image is scaled down

/** The stages that feed a stage of the paper's network, in the order in which their channels are joined. */
export function feeds(name, depth) {
  const [, kind, level, part] = /^([a-z]+)(\d*)(?:\.(\w+))?$/.exec(name) ?? [];
  const l = Number(level);
  const end = (step) => (step === depth ? `d${depth}.relu2` : `u${step}.relu2`);
  if (part === "relu2") return [`${kind}${l}.relu1`];
  if (kind === "d") return [l === 0 ? "input" : `pool${l}`];
  if (kind === "pool") return [`d${l - 1}.relu2`];
  if (kind === "up") return [end(l + 1)];
  if (kind === "skip") return [`d${l}.relu2`];
  if (kind === "u") return [`skip${l}.after`, `up${l}`];
  if (kind === "score") return ["u0.relu2"];
  return kind === "output" ? ["score"] : [];
}

/** How two predictions differ, and how many labels of each are wrong, where the truth is known: shares of all pixels. */
export function compare(whole, now, truth = null) {
  let changed = 0, wrongWhole = 0, wrongNow = 0;
  for (let at = 0; at < whole.length; at += 1) {
    const [before, after] = [whole[at] >= 0.5 ? 1 : 0, now[at] >= 0.5 ? 1 : 0];
    changed += before !== after;
    if (truth) {
      wrongWhole += before !== truth[at];
      wrongNow += after !== truth[at];
    }
  }
  const share = (count) => count / whole.length;
  return { changed: share(changed), whole: truth && share(wrongWhole), now: truth && share(wrongNow) };
}

/** The window of an image as grey values 0 … 1, its covered square at the window's mean. */
export function windowOf(greys, width, x, y, size, cover = []) {
  const out = new Float32Array(size * size);
  let sum = 0;
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      sum += out[row * size + column] = greys[(y + row) * width + x + column] / 255;
    }
  }
  if (cover.length) {
    const [left, top, side] = cover;
    for (let row = top; row < Math.min(top + side, size); row += 1) {
      out.fill(sum / size ** 2, row * size + left, row * size + Math.min(left + side, size));
    }
  }
  return out;
}

/** What scale makes a picture fit: 1, or less for a large one; throws where it is too small, or too long and thin. */
export function fitting(width, height, least) {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  if (short < least) throw new Error(`That picture has ${width} × ${height} pixels; the network needs at least ${least} on each side.`);
  const scale = Math.min(1, Math.max(LONGEST / long, least / short));
  if (scale * long > 4 * LONGEST) throw new Error(`That picture is too long and thin: ${width} × ${height} pixels. Cut a piece of at most 1 : 15 out of it.`);
  return scale;
}

const percent = (share) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
const number = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2)).replace("-", "−");
const pathOf = (name) => (/^(skip)/.test(name) ? "skip" : /^(u\d|up)/.test(name) ? "up" : /^(d\d|pool)/.test(name) ? "down" : "end");
const lastOf = (map) => map.data.subarray((map.channels - 1) * map.size ** 2);

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  let source = null, greys = null, truth = null, gone = false;
  let now = null; // { stages, output, whole, ms, where } of the last run
  let ran = ""; // what the last run was asked
  let wholeOf = { key: "", output: null }; // the prediction with everything on, nothing covered
  let seen = { stage: "" }; // what the panel shows
  let wide = root.clientWidth; // measured only where it may have changed, for measuring makes the browser lay out

  // --- what is on the page
  const scene = element("canvas");
  const marks = svg("svg", { "aria-hidden": "true", preserveAspectRatio: "none" });
  const stageBox = element("div", { class: "lf-fm-scene" }, scene, marks);
  const tools = choice(model, "tool", "drag", [["window", "the window"], ["cover", "a cover"]]);
  const uncover = element("button", { type: "button", onclick: () => change(model, { cover: [] }) }, "uncover");
  const chooser = (words, extra) => {
    const input = element("input", { type: "file", accept: "image/*", class: "lf-unseen", tabindex: -1, "aria-hidden": "true", ...extra });
    input.onchange = () => {
      if (input.files[0]) takePicture(input.files[0]);
      input.value = "";
    };
    return [element("button", { type: "button", onclick: () => input.click() }, words), input];
  };
  const own = element("div", { class: "lf-buttons" }, ...chooser("your own image …", {}), ...chooser("camera …", { capture: "environment" }));
  const alarm = element("p", { class: "lf-fm-alarm", role: "alert" });
  const pictures = ["everything on", "as it is now", "what changed"].map((title) => {
    const canvas = element("canvas", { role: "img", "aria-label": title });
    return { canvas, node: element("figure", { class: "lf-fm-answer" }, canvas, element("figcaption", {}, title)) };
  });
  const verdict = element("p", { class: "lf-fm-verdict" });
  const where = element("p", { class: "lf-fm-where lf-muted" });
  const bar = element("progress", { max: 1, value: 0, "aria-label": "the network computes" });
  const map = element("div", { class: "lf-fm-u", role: "toolbar", "aria-label": "The stages of the network. Left and right arrow keys go from one to the next." });
  const wires = svg("svg", { "aria-hidden": "true" });
  const list = element("p", { class: "lf-fm-off" });
  const title = element("p", { class: "lf-fm-title" });
  const offStage = element("button", { type: "button", onclick: () => flip(partOf(get("stage"))) });
  const grid = element("canvas");
  const cursor = element("span", { class: "lf-fm-cursor", "aria-hidden": "true" });
  const gridBox = element("div", { class: "lf-fm-grid" }, grid, cursor);
  const channelTitle = element("p", { class: "lf-fm-title" });
  const offChannel = element("button", { type: "button", onclick: () => flip(`${partOf(get("stage"))}:${get("channel")}`) });
  const large = element("canvas", { role: "img" });
  const before = element("canvas", { role: "img" });
  const frame = element("span", { class: "lf-fm-frame", "aria-hidden": "true" });
  const beforeBox = element("figure", { class: "lf-fm-before" }, element("div", {}, before, frame), element("figcaption", {}));
  const range = element("p", { class: "lf-fm-range" });
  const histogram = svg("svg", { class: "lf-fm-histogram", role: "img" });
  const fedBy = element("p", { class: "lf-fm-range" });
  const filters = element("div", { class: "lf-fm-filters" });
  const table = foldedTable("The values as a table");
  const detail = element("div", { class: "lf-fm-detail" },
    element("div", { class: "lf-fm-channels" }, title, offStage, gridBox),
    element("div", { class: "lf-fm-channel" }, channelTitle, offChannel,
      element("div", { class: "lf-fm-pair" }, beforeBox, element("figure", { class: "lf-fm-large" }, large)),
      range, histogram, fedBy, filters));
  detail.hidden = true; // until there is something to look into
  root.classList.add("lf-fm");
  root.append(
    element("div", { class: "lf-fm-top" },
      element("div", { class: "lf-fm-left" }, stageBox, element("div", { class: "lf-controls lf-fm-tools" }, tools.node, uncover), own, alarm),
      element("div", { class: "lf-fm-right" },
        element("div", { class: "lf-fm-answers" }, ...pictures.map(({ node }) => node)), verdict, where, bar)),
    map, list, detail, table.node);

  // --- the parts that are switched off
  const partOf = (name) => name.replace(".after", "");
  const isOff = (part) => get("off").includes(part);
  function flip(part) {
    change(model, { off: isOff(part) ? get("off").filter((one) => one !== part) : [...get("off"), part] });
  }
  const canBeOff = (name) => !["input", "output"].includes(name);

  // --- running the network
  const kernel = !model.kernelless;
  async function start() {
    if (source || gone) return;
    start.asked ??= kernel
      ? Promise.resolve(kernelSource(model))
      : pageSource(() => globalThis.unetEduWeights.load(get("weights")));
    try {
      source = await start.asked;
    } catch (error) {
      start.asked = null;
      alarm.textContent = `${error.message}. The still picture of this figure shows some of its maps.`;
      return;
    }
    if (gone) source.dispose();
    else compute();
  }

  const place = () => {
    const size = get("size");
    return [Math.min(get("x"), get("width") - size), Math.min(get("y"), get("height") - size)];
  };

  async function compute() {
    if (!source || !greys) return;
    const [x, y] = place();
    const [size, off, cover] = [get("size"), get("off"), get("cover")];
    const here = [get("image").byteLength, greys[0], greys.length, x, y, size].join();
    const asked = [here, off, cover].join("|");
    if (asked === ran) return;
    ran = asked;
    bar.hidden = false;
    const run = (image, parts) => source.run({ image, size, off: parts }, (share) => (bar.value = share));
    try {
      const plain = off.length === 0 && cover.length === 0;
      if (!plain && wholeOf.key !== here) {
        const whole = await run(windowOf(greys, get("width"), x, y, size), []);
        if (!whole || gone) return;
        wholeOf = { key: here, output: whole.output };
      }
      const result = await run(windowOf(greys, get("width"), x, y, size, cover), off);
      if (!result || gone) return; // a later one is under way
      if (plain) wholeOf = { key: here, output: result.output };
      now = { ...result, whole: wholeOf.output, x, y };
      seen = { stage: "" };
      if (ran === asked) bar.hidden = true;
      bar.value = 0;
      alarm.textContent = "";
      await drawResult();
    } catch (error) {
      bar.hidden = true;
      alarm.textContent = error.message;
    }
  }

  // --- drawing
  function drawScene() {
    const [width, height, size] = [get("width"), get("height"), get("size")];
    if (greys) paint(scene, greys, width, height, [0, 255]);
    stageBox.style.aspectRatio = `${width} / ${height}`;
    marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const [x, y] = place();
    const side = now?.output.size ?? size - 184;
    const edge = (size - side) / 2;
    const box = (left, top, wide, name) => svg("rect", { x: left, y: top, width: wide, height: wide, class: name });
    const shade = svg("path", { d: `M0 0H${width}V${height}H0ZM${x} ${y}v${size}h${size}v${-size}Z`, class: "lf-fm-shade" });
    const nodes = [shade, box(x, y, size, "lf-fm-window"), box(x + edge, y + edge, side, "lf-fm-output")];
    if (get("cover").length) {
      const [left, top, wide] = get("cover");
      nodes.push(box(x + left, y + top, wide, "lf-fm-cover"));
    }
    marks.replaceChildren(...nodes);
    uncover.disabled = get("cover").length === 0;
    tools.update();
  }

  function truthHere() {
    if (!truth || !now) return null;
    const side = now.output.size;
    const edge = (get("size") - side) / 2;
    const out = new Uint8Array(side * side);
    for (let row = 0; row < side; row += 1) {
      const from = (now.y + edge + row) * get("width") + now.x + edge;
      out.set(truth.subarray(from, from + side), row * side);
    }
    return out;
  }

  async function drawResult() {
    const [whole, output] = [lastOf(now.whole), lastOf(now.output)];
    const side = now.output.size;
    paint(pictures[0].canvas, whole, side, side, [0, 1]);
    paint(pictures[1].canvas, output, side, side, [0, 1]);
    paint(pictures[2].canvas, output.map((value, at) => value - whole[at]), side, side, [-1, 1], RDBU_R);
    const share = compare(whole, output, truthHere());
    const altered = get("off").length > 0 || get("cover").length > 0;
    const strong = (words) => element("strong", {}, words);
    verdict.replaceChildren(...(altered
      ? [strong(percent(share.changed)), " of the labels changed.", ...(truth ? [" Wrong: ", strong(percent(share.whole)), " before, ", strong(percent(share.now)), " now."] : [])]
      : [...(truth ? [strong(percent(share.whole)), " of the labels are wrong, cut at ½. "] : []), "Switch a part off, or cover a part of the image, and see what is lost."]));
    where.textContent = `${get("network")} · ${get("size")} px in, ${side} px out · computed in ${now.where === "this page" ? "this page" : `the kernel, ${now.where}`}, ${Math.round(now.ms)} ms`;
    say(altered ? `${percent(share.changed)} of the labels changed.` : `Computed: ${side} pixels out.`);
    table.update(["stage", "channels", "pixels", "state"], now.stages.map(({ name, channels, size }) => {
      const parts = get("off").filter((one) => one.split(":")[0] === partOf(name));
      return [name, channels, `${size} × ${size}`, parts.length === 0 ? "on" : parts.includes(partOf(name)) ? "off" : `channels ${parts.map((one) => one.split(":")[1]).join(", ")} off`];
    }));
    drawScene();
    detail.hidden = false;
    wide = root.clientWidth;
    await drawU();
    await drawStage();
  }

  // The U: a button with a picture for every stage, in rows by level; a network of another kind in the order it computes.
  let laidOut = "";
  const boxes = new Map();
  function layOut() {
    const names = now.stages.map(({ name }) => name);
    const width = wide - 6;
    const key = `${names.join()}|${width}`;
    if (key === laidOut) return;
    laidOut = key;
    boxes.clear();
    map.replaceChildren(wires);
    const isU = names.includes("skip0.after");
    const depth = isU ? names.filter((name) => name.startsWith("skip")).length : 0;
    const across = isU ? 9 : Math.max(Math.floor(width / 46), 4);
    const gap = 4;
    const room = isU ? Math.max(width * 0.1, 44) : 0; // between the paths, at the top
    const side = Math.min((width - room) / across - gap, 52);
    const step = side + gap;
    const indent = isU ? Math.max(Math.min((width - 9 * step - 40) / 2 / Math.max(depth - 1, 1), step * 0.75), 0) : 0;
    const high = side + (width > 560 ? 24 : 14);
    const at = {};
    names.forEach((name, index) => {
      const [, kind, level] = /^([a-z]+)(\d*)/.exec(name) ?? [, "", ""];
      const l = Number(level);
      if (!isU) at[name] = [(index % across) * step, Math.floor(index / across) * high];
      else if (["input", "pool", "d"].includes(kind)) {
        const column = kind === "d" ? (name.endsWith("1") ? 1 : 2) : 0;
        const middle = l === depth ? (width - 3 * step) / 2 : l * indent;
        at[name] = [middle + column * step, l * high];
      } else {
        const column = { skip: 6, up: 5, u: name.endsWith("1") ? 4 : 3, score: 2, output: 1 }[kind];
        at[name] = [width - column * step - l * indent, l * high];
      }
    });
    const bottom = Math.max(...Object.values(at).map(([, y]) => y)) + high;
    map.style.height = `${bottom}px`;
    wires.setAttribute("viewBox", `0 0 ${width} ${bottom}`);
    const lines = [];
    for (const { name, channels, size } of now.stages) {
      const [x, y] = at[name];
      const canvas = element("canvas", { "aria-hidden": "true" });
      const button = element("button", {
        type: "button", class: `lf-fm-box lf-fm-${isU ? pathOf(name) : "end"}`, tabindex: -1,
        "aria-label": `${name}, ${channels} channel${channels > 1 ? "s" : ""} of ${size} × ${size} pixels`, title: `${name} · ${channels} × ${size}²`,
        onclick: () => change(model, { stage: name, channel: 0 }),
      }, canvas);
      Object.assign(button.style, { left: `${x}px`, top: `${y}px`, width: `${side}px`, height: `${side}px` });
      map.append(button);
      boxes.set(name, { button, canvas });
      if (side >= 34) lines.push(svg("text", { x: x + side / 2, y: y + side + 12, "text-anchor": "middle", class: "lf-muted" }, String(size)));
    }
    const middleOf = (name) => [at[name][0] + side / 2, at[name][1] + side / 2];
    for (let l = 0; isU && l < depth; l += 1) {
      const [x1, y] = middleOf(`d${l}.relu2`);
      const [x2] = middleOf(`skip${l}.after`);
      lines.unshift(svg("path", { d: `M${x1 + side / 2} ${y}H${x2 - side / 2}`, class: `lf-fm-wire lf-fm-wire-${l}` }));
      const part = `skip${l}`;
      const plug = element("button", { type: "button", class: "lf-fm-plug", onclick: () => flip(part) });
      Object.assign(plug.style, { left: `${(x1 + x2) / 2 - 13}px`, top: `${y - 13}px` });
      map.append(plug);
      boxes.set(part, { plug });
    }
    for (let l = 1; isU && l <= depth; l += 1) {
      const [x1, y1] = middleOf(`d${l - 1}.relu2`);
      const [x2, y2] = middleOf(`pool${l}`);
      const [h, away] = [side / 2, high - side];
      lines.unshift(svg("path", { d: `M${x1} ${y1 + h}C${x1} ${y1 + h + away} ${x2} ${y2 - h - away} ${x2} ${y2 - h}`, class: "lf-fm-wire lf-fm-wire-down" }));
      const [x3, y3] = middleOf(l === depth ? `d${depth}.relu2` : `u${l}.relu2`);
      const [x4, y4] = middleOf(`up${l - 1}`);
      lines.unshift(svg("path", { d: `M${x3} ${y3 - h}C${x3} ${y3 - h - away} ${x4} ${y4 + h + away} ${x4} ${y4 + h}`, class: "lf-fm-wire lf-fm-wire-up" }));
    }
    wires.replaceChildren(...lines);
  }
  map.addEventListener("keydown", (event) => {
    const ways = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (!now || !(event.key in ways) || event.target.className === "lf-fm-plug") return;
    event.preventDefault();
    const names = now.stages.map(({ name }) => name);
    const next = names[Math.min(Math.max(names.indexOf(get("stage")) + ways[event.key], 0), names.length - 1)];
    change(model, { stage: next, channel: 0 });
    boxes.get(next).button.focus();
  });

  function markU() {
    const off = get("off");
    for (const [name, { button, plug }] of boxes) {
      if (plug) {
        const on = !off.includes(name);
        plug.setAttribute("aria-pressed", on);
        plug.setAttribute("aria-label", `skip connection of level ${name.slice(4)}`);
        plug.title = on ? `${name}: click to switch off` : `${name} is off`;
        plug.textContent = on ? "●" : "✕";
        wires.querySelector(`.lf-fm-wire-${name.slice(4)}`)?.classList.toggle("lf-fm-cutoff", !on);
      } else {
        const chosen = name === get("stage");
        button.tabIndex = chosen ? 0 : -1;
        button.setAttribute("aria-pressed", chosen);
        button.classList.toggle("lf-fm-dead", off.includes(partOf(name)));
      }
    }
    list.replaceChildren(...(off.length
      ? [`Off: ${off.join(", ")}. `, element("button", { type: "button", onclick: () => change(model, { off: [] }) }, "all on again")]
      : [element("span", { class: "lf-muted" }, "Click a box to look into it, an orange knob to cut a skip connection.")]));
  }

  async function drawU() {
    layOut();
    markU();
    for (const { name } of now.stages) {
      const small = await source.thumbnails(name, TILE);
      if (gone) return;
      const at = name === "output" ? small.greys.length / small.side ** 2 - 1 : small.busiest;
      paint(boxes.get(name).canvas, small.greys.subarray(at * small.side ** 2), small.side, small.side, [0, 255]);
    }
  }

  async function drawStage() {
    if (!now) return;
    const name = now.stages.some((stage) => stage.name === get("stage")) ? get("stage") : now.stages[Math.floor(now.stages.length / 2)].name;
    const stage = now.stages.find((one) => one.name === name);
    const channel = Math.min(get("channel"), stage.channels - 1);
    const part = partOf(name);
    const label = (button, off, what) => {
      button.textContent = off ? `${what}: off` : `switch ${what} off`;
      button.setAttribute("aria-pressed", off);
      button.hidden = !canBeOff(name);
    };
    label(offStage, isOff(part), "the stage");
    label(offChannel, isOff(`${part}:${channel}`), `channel ${channel}`);
    if (seen.stage !== name || seen.width !== wide) {
      markU();
      seen = { stage: name, width: wide };
      const small = await source.thumbnails(name, TILE);
      if (gone || seen.stage !== name) return;
      const room = Math.max(detail.firstChild.clientWidth - 2, 100);
      const columns = Math.max(1, Math.min(Math.floor(room / (TILE + 2)), Math.ceil(Math.sqrt(stage.channels) * 1.35)));
      const rows = Math.ceil(stage.channels / columns);
      const step = TILE + 2;
      const sheet = new Float32Array(columns * step * rows * step).fill(-1);
      for (let c = 0; c < stage.channels; c += 1) {
        const [left, top] = [(c % columns) * step, Math.floor(c / columns) * step];
        for (let y = 0; y < TILE; y += 1) {
          for (let x = 0; x < TILE; x += 1) {
            const from = Math.floor((y * small.side) / TILE) * small.side + Math.floor((x * small.side) / TILE);
            sheet[(top + y) * columns * step + left + x] = small.greys[c * small.side ** 2 + from];
          }
        }
      }
      paint(grid, sheet, columns * step, rows * step, [0, 255]);
      const context = grid.getContext("2d");
      for (let c = 0; c < columns * rows; c += 1) { // the gaps are clear, what does not exist too
        const [left, top] = [(c % columns) * step, Math.floor(c / columns) * step];
        context.clearRect(left + TILE, top, 2, step);
        context.clearRect(left, top + TILE, step, 2);
        if (c >= stage.channels) context.clearRect(left, top, step, step);
      }
      const magnified = Math.min(room / (columns * step), columns * rows < 12 ? 2 : 1.35);
      grid.style.width = `${columns * step * magnified}px`;
      Object.assign(seen, { columns, rows, step: step * magnified, tile: TILE * magnified, flat: small.flat });
      const dead = small.flat.filter(Boolean).length;
      title.textContent = `${name}: ${stage.channels} channel${stage.channels > 1 ? "s" : ""} of ${stage.size} × ${stage.size} pixels${dead ? `, ${dead} of them flat` : ""}`;
      gridBox.setAttribute("aria-label", `The channels of ${name}. Arrow keys choose one.`);
    }
    Object.assign(cursor.style, {
      left: `${(channel % seen.columns) * seen.step}px`, top: `${Math.floor(channel / seen.columns) * seen.step}px`,
      width: `${seen.tile}px`, height: `${seen.tile}px`,
    });
    await drawChannel(name, channel, stage);
  }

  async function drawChannel(name, channel, stage) {
    const { size, data } = await source.map(name, channel);
    if (gone) return;
    let low = Infinity, high = -Infinity, sum = 0, zeros = 0;
    for (const value of data) {
      low = Math.min(low, value);
      high = Math.max(high, value);
      sum += value;
      zeros += value === 0;
    }
    paint(large, data, size, size, [low, high]);
    large.setAttribute("aria-label", `Channel ${channel} of ${name}, from ${number(low)} to ${number(high)}.`);
    channelTitle.textContent = `channel ${channel} of ${name}`;
    range.textContent = `${number(low)} (black) to ${number(high)} (white), mean ${number(sum / data.length)}${zeros ? `; ${percent(zeros / data.length)} of the pixels are zero` : ""}`;
    const bins = new Array(32).fill(0);
    for (const value of data) bins[high > low ? Math.min(Math.floor(((value - low) / (high - low)) * 32), 31) : 0] += 1;
    const most = Math.max(...bins);
    histogram.setAttribute("viewBox", "0 0 256 48");
    histogram.setAttribute("aria-label", `Histogram of channel ${channel}: most pixels lie near ${number(low + ((bins.indexOf(most) + 0.5) / 32) * (high - low))}.`);
    histogram.replaceChildren(...bins.map((count, at) => {
      const tall = 46 * Math.sqrt(count / most); // root, so that few pixels are seen as well
      return svg("rect", { x: 8 * at, y: 47 - tall, width: 7, height: tall, class: `lf-fm-bar lf-fm-bar-${pathOf(name)}` });
    }), svg("line", { x1: 0, x2: 256, y1: 47.5, y2: 47.5, class: "lf-measure" }));

    const isSkip = name.startsWith("skip");
    beforeBox.hidden = !isSkip;
    if (isSkip) {
      const whole = await source.map(feeds(name)[0], channel);
      if (gone) return;
      paint(before, whole.data, whole.size, whole.size, [low, high]);
      before.setAttribute("aria-label", `The same channel before the crop, ${whole.size} pixels.`);
      const edge = (100 * (whole.size - size)) / 2 / whole.size;
      frame.style.inset = `${edge}%`;
      beforeBox.lastChild.textContent = `before the crop, ${whole.size} px; the frame is what stays, ${size} px`;
    }

    const found = await source.filters(name, channel, FILTERS);
    if (gone || get("stage") !== name) return;
    filters.replaceChildren();
    if (!found) {
      fedBy.textContent = { pool: "Pooling has no weights: of each four pixels the largest stays.", skip: "A skip connection has no weights: it is the map itself, cut." }[/^[a-z]*/.exec(name)[0]] ?? "";
      return;
    }
    const depth = now.stages.filter((one) => one.name.startsWith("skip")).length;
    const from = depth ? feeds(name, depth).map((one) => now.stages.find((other) => other.name === one)) : [];
    const top = Math.max(...found.strongest.flatMap(({ weights }) => [...weights].map(Math.abs)));
    fedBy.textContent = `fed by ${found.inputs} filter${found.inputs > 1 ? "s" : ""} of ${found.kernel} × ${found.kernel}${found.inputs > FILTERS ? `; the ${FILTERS} strongest` : ""} (red adds, blue takes away, up to ±${number(top)}); bias ${number(found.bias)}`;
    for (const { input, weights } of found.strongest) {
      const canvas = element("canvas", { "aria-hidden": "true" });
      paint(canvas, weights, found.kernel, found.kernel, [-top, top], RDBU_R);
      let [origin, index] = [from[0], input];
      if (origin && index >= origin.channels) [origin, index] = [from[1], index - origin.channels];
      const words = origin ? `${partOf(origin.name)}:${index}` : `input ${input}`;
      const attributes = { type: "button", class: `lf-fm-filter lf-fm-${origin ? pathOf(origin.name) : "end"}`, "aria-label": `filter that reads ${words}: ${[...weights].map(number).join(", ")}` };
      if (origin) attributes.onclick = () => change(model, { stage: origin.name, channel: index });
      filters.append(element("button", attributes, canvas, element("span", { "aria-hidden": "true" }, words)));
    }
  }

  // --- pointing
  pointing(gridBox, {
    label: "The channels. Arrow keys choose one.",
    at: () => [get("channel") % seen.columns, Math.floor(get("channel") / seen.columns)],
    range: () => [seen.columns - 1, seen.rows - 1],
    place: (event) => {
      const box = gridBox.getBoundingClientRect();
      return [Math.floor((event.clientX - box.left) / seen.step), Math.floor((event.clientY - box.top) / seen.step)];
    },
    go: ([column, row]) => {
      const stage = now?.stages.find((one) => one.name === get("stage"));
      if (stage) change(model, { channel: Math.min(row * seen.columns + column, stage.channels - 1) });
    },
  });
  const covered = () => Math.round(get("size") / 5);
  pointing(stageBox, {
    label: "The image. Arrow keys move the window that the network sees, or the square that covers a part of it.",
    steps: 8,
    at: () => (get("tool") === "window" ? place().map((value) => value + get("size") / 2)
      : (get("cover").length ? get("cover").slice(0, 2).map((value, axis) => value + place()[axis] + get("cover")[2] / 2) : place().map((value) => value + get("size") / 2))),
    range: () => [get("width") - 1, get("height") - 1],
    place: (event) => {
      const box = stageBox.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * get("width"), ((event.clientY - box.top) / box.height) * get("height")];
    },
    go: (point) => {
      start();
      const [size, side] = [get("size"), covered()];
      if (get("tool") === "window") {
        const [x, y] = point.map((value, axis) => Math.min(Math.max(Math.round(value - size / 2), 0), [get("width"), get("height")][axis] - size));
        change(model, { x, y });
      } else {
        const corner = point.map((value, axis) => Math.min(Math.max(Math.round(value - place()[axis] - side / 2), 0), size - side));
        change(model, { cover: [...corner, side] });
      }
    },
  });

  // --- the reader's own picture
  async function takePicture(file) {
    alarm.textContent = "";
    try {
      if (file.type && !file.type.startsWith("image/")) throw new Error(`“${file.name}” is no picture (${file.type}).`);
      const bitmap = await createImageBitmap(file).catch(() => {
        throw new Error(`“${file.name}” cannot be read as a picture: it is damaged, or of a kind that this browser does not know.`);
      });
      const scale = fitting(bitmap.width, bitmap.height, get("size"));
      const [width, height] = [Math.round(bitmap.width * scale), Math.round(bitmap.height * scale)];
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(bitmap, 0, 0, width, height);
      const { data } = context.getImageData(0, 0, width, height);
      const grey = new Uint8Array(width * height);
      for (let at = 0; at < grey.length; at += 1) {
        grey[at] = Math.round(0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2]);
      }
      const packed = new Blob([grey]).stream().pipeThrough(new CompressionStream("deflate"));
      const image = new DataView(await new Response(packed).arrayBuffer());
      const size = get("size");
      change(model, {
        image, width, height, truth: new DataView(new ArrayBuffer(0)), cover: [],
        x: Math.floor((width - size) / 2), y: Math.floor((height - size) / 2),
      });
      start();
      const shrunk = scale < 1 ? ` It was ${bitmap.width} × ${bitmap.height} pixels and is shown at ${width} × ${height}.` : "";
      say(`Your picture is in.${shrunk}`);
      note.textContent = `Your picture stays ${kernel ? "on this machine and its kernel" : "in this browser"}.${shrunk} `;
    } catch (error) {
      alarm.textContent = error.message;
    }
  }
  const note = element("span");
  own.after(element("p", { class: "lf-fm-note lf-muted" }, note,
    "Also by paste or drop. These weights know only tissue under the microscope, cells with dark membranes between them: of anything else they make the nearest thing they know."));
  root.addEventListener("paste", (event) => {
    const file = [...event.clipboardData.files][0];
    if (!file) return;
    event.preventDefault();
    takePicture(file);
  });
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) takePicture(event.dataTransfer.files[0]);
  });

  // --- life
  async function load() {
    const bytes = get("image");
    const [image, labels] = await Promise.all([unpack(bytes), get("truth").byteLength ? unpack(get("truth")) : null]);
    if (gone || bytes !== get("image")) return;
    greys = new Uint8Array(image);
    truth = labels && new Uint8Array(labels);
    ran = "";
    drawScene();
    compute();
  }
  bar.hidden = true;
  where.textContent = get("network");
  const ends = [
    drawOnChange(model, ["image", "truth", "width", "height"], load),
    drawOnChange(model, ["x", "y", "size", "cover", "off"], () => {
      drawScene();
      if (now) markU();
      compute();
    }),
    drawOnChange(model, ["stage", "channel"], () => drawStage()),
    drawOnChange(model, ["tool"], drawScene),
    whenResized(root, () => {
      wide = root.clientWidth;
      if (now) drawU().then(drawStage);
    }),
  ];
  const patience = kernel && setTimeout(() => {
    if (root.dataset.kernel === "none") alarm.textContent = "No kernel answers. Run the cell that made this figure.";
  }, 8000);
  const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && start(), { rootMargin: "200px" });
  observer.observe(root);
  return () => {
    gone = true;
    clearTimeout(patience);
    observer.disconnect();
    source?.dispose();
    ends.forEach((end) => end());
  };
}

export default liveFigure("FeatureMaps", build);
