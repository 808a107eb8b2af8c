// FeatureMaps: one stage with all its channels, one channel with its values and the filters that feed it.

const FILTERS = 12; // shown of those that feed a channel

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

/** { node, draw, point, forget }: draw() when another stage or channel is chosen; after forget() the maps are taken anew. */
function channelGrid(shared) {
  const { model, get } = shared;
  let seen = { stage: "" }; // what the panel shows
  const title = element("p", { class: "lf-fm-title" });
  const offStage = element("button", { type: "button", onclick: () => flip(model, partOf(get("stage"))) });
  const grid = element("canvas");
  const cursor = element("span", { class: "lf-fm-cursor", "aria-hidden": "true" });
  const gridBox = element("div", { class: "lf-fm-grid lf-picks" }, grid, cursor);
  const channelTitle = element("p", { class: "lf-fm-title" });
  const offChannel = element("button", { type: "button", onclick: () => flip(model, `${partOf(get("stage"))}:${get("channel")}`) });
  const large = element("canvas", { role: "img", "aria-label": "The channel." });
  const spot = element("span", { class: "lf-fm-at", "aria-hidden": "true" });
  const largeBox = element("div", { class: "lf-fm-large" }, large, spot);
  const before = element("canvas", { role: "img", "aria-label": "The channel before the crop." });
  const frame = element("span", { class: "lf-fm-frame", "aria-hidden": "true" });
  const beforeBox = element("figure", { class: "lf-fm-before" }, element("div", {}, before, frame), element("figcaption", {}));
  const range = element("p", { class: "lf-fm-range" });
  const histogram = svg("svg", { class: "lf-fm-histogram", role: "img", "aria-label": "Histogram of the channel." });
  const fedBy = element("p", { class: "lf-fm-range" });
  const filters = element("div", { class: "lf-fm-filters" });
  const detail = element("div", { class: "lf-fm-detail" },
    element("div", { class: "lf-fm-channels" }, title, offStage, gridBox),
    element("div", { class: "lf-fm-channel" }, channelTitle, offChannel,
      element("div", { class: "lf-fm-pair" }, beforeBox, largeBox),
      range, histogram, fedBy, filters));

  async function draw() {
    if (!shared.now) return;
    const { stages } = shared.now;
    const stage = stages.find((one) => one.name === get("stage")) ?? stages[Math.floor(stages.length / 2)];
    const { name } = stage;
    const channel = Math.min(get("channel"), stage.channels - 1);
    const [part, off] = [partOf(name), get("off")];
    const label = (button, isOff, what) => {
      button.textContent = isOff ? `${what}: off` : `switch ${what} off`;
      button.setAttribute("aria-pressed", isOff);
      button.hidden = ["input", "output"].includes(name);
    };
    label(offStage, off.includes(part), "the stage");
    label(offChannel, off.includes(`${part}:${channel}`), `channel ${channel}`);
    if (seen.stage !== name || seen.width !== shared.wide) {
      seen = { stage: name, width: shared.wide };
      const small = await shared.source.thumbnails(name, TILE);
      if (shared.gone || seen.stage !== name) return;
      drawGrid(stage, small);
    }
    Object.assign(cursor.style, {
      left: `${(channel % seen.columns) * seen.step}px`, top: `${Math.floor(channel / seen.columns) * seen.step}px`,
      width: `${seen.tile}px`, height: `${seen.tile}px`,
    });
    const top = Math.floor(channel / seen.columns) * seen.step; // the box of many channels scrolls
    const view = gridBox.clientHeight;
    if (top < gridBox.scrollTop || top + seen.step > gridBox.scrollTop + view) gridBox.scrollTop = top - (view - seen.step) / 2;
    await drawChannel(name, channel);
  }

  /** All channels of a stage, side by side. */
  function drawGrid(stage, small) {
    const room = Math.max(detail.firstChild.clientWidth - 2, 100);
    const step = TILE + 2;
    const columns = Math.max(1, Math.min(Math.floor(room / step), Math.ceil(Math.sqrt(stage.channels) * 1.35)));
    const rows = Math.ceil(stage.channels / columns);
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
    Object.assign(seen, { columns, rows, step: step * magnified, tile: TILE * magnified });
    const dead = small.flat.filter(Boolean).length;
    title.textContent = `${stage.name}: ${stage.channels} channel${stage.channels > 1 ? "s" : ""} of ${stage.size} × ${stage.size} pixels${dead ? `, ${dead} of them flat` : ""}`;
    gridBox.setAttribute("aria-label", `The channels of ${stage.name}. Arrow keys choose one.`);
  }

  async function drawChannel(name, channel) {
    const map = await shared.source.map(name, channel);
    if (shared.gone) return;
    const limits = drawValues(name, channel, map);
    beforeBox.hidden = !name.startsWith("skip");
    if (!beforeBox.hidden) {
      const whole = await shared.source.map(feeds(name)[0], channel);
      if (shared.gone) return;
      drawBefore(whole, map.size, limits);
    }
    const found = await shared.source.filters(name, channel, FILTERS);
    if (!shared.gone && get("stage") === name) drawFilters(name, found);
  }

  /** The map of a channel and its histogram; returns its least and its greatest value. */
  function drawValues(name, channel, { size, data, low, high, mean, zeros, bins }) {
    paint(large, data, size, size, [low, high]);
    large.setAttribute("aria-label", `Channel ${channel} of ${name}, from ${number(low)} to ${number(high)}.`);
    channelTitle.textContent = `channel ${channel} of ${name}`;
    range.textContent = `${number(low)} (black) to ${number(high)} (white), mean ${number(mean)}${zeros ? `; ${percent(zeros)} of the pixels are zero` : ""}`;
    const most = Math.max(...bins);
    histogram.setAttribute("viewBox", "0 0 256 48");
    histogram.setAttribute("aria-label", `Histogram of channel ${channel}: most pixels lie near ${number(low + ((bins.indexOf(most) + 0.5) / 32) * (high - low))}.`);
    histogram.replaceChildren(...bins.map((count, at) => {
      const tall = 46 * Math.sqrt(count / most); // root, so that few pixels are seen as well
      return svg("rect", { x: 8 * at, y: 47 - tall, width: 7, height: tall, class: `lf-fm-bar lf-fm-bar-${pathOf(name)}` });
    }), svg("line", { x1: 0, x2: 256, y1: 47.5, y2: 47.5, class: "lf-measure" }));
    return [low, high];
  }

  /** What a skip connection is cut from. */
  function drawBefore(whole, size, limits) {
    paint(before, whole.data, whole.size, whole.size, limits);
    before.setAttribute("aria-label", `The same channel before the crop, ${whole.size} pixels.`);
    frame.style.inset = `${(100 * (whole.size - size)) / 2 / whole.size}%`;
    beforeBox.lastChild.textContent = `before the crop, ${whole.size} px; the frame is what stays, ${size} px`;
  }

  /** The filters that feed a channel, the strongest first; a click on one leads to the channel that it reads. */
  function drawFilters(name, found) {
    filters.replaceChildren();
    if (!found) {
      fedBy.textContent = { pool: "Pooling has no weights: of each four pixels the largest stays.", skip: "A skip connection has no weights: it is the map itself, cut." }[/^[a-z]*/.exec(name)[0]] ?? "";
      return;
    }
    const depth = shared.now.stages.filter((one) => one.name.startsWith("skip")).length;
    const from = depth ? feeds(name, depth).map((one) => shared.now.stages.find((other) => other.name === one)) : [];
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

  pointing(gridBox, {
    label: "The channels. Arrow keys choose one.",
    at: () => [get("channel") % seen.columns, Math.floor(get("channel") / seen.columns)],
    range: () => [seen.columns - 1, seen.rows - 1],
    place: pixelOn(grid, () => [seen.columns, seen.rows]),
    go: ([column, row]) => {
      const stage = shared.now?.stages.find((one) => one.name === get("stage"));
      if (stage) change(model, { channel: Math.min(row * seen.columns + column, stage.channels - 1) });
    },
  });

  const stageNow = () => shared.now?.stages.find((one) => one.name === get("stage"));
  const sizeNow = () => stageNow()?.size ?? 1;
  const placeIn = pixelOn(large, () => [sizeNow(), sizeNow()]);
  pointing(largeBox, {
    label: "The channel. Arrow keys choose the pixel that is written out.",
    at: () => (get("pixel").length === 2 ? get("pixel") : [Math.floor(sizeNow() / 2), Math.floor(sizeNow() / 2)]),
    range: () => [sizeNow() - 1, sizeNow() - 1],
    place: placeIn,
    go: (pixel) => change(model, { pixel }),
  });
  hovering(largeBox, {
    place: placeIn, size: () => [sizeNow(), sizeNow()],
    go: ([x, y]) => shared.hover({ name: get("stage"), channel: get("channel"), x, y }),
  });
  largeBox.addEventListener("pointerleave", () => shared.hover(null));

  /** Frame the pixel that is written out, where it is one of this channel. */
  function point({ name, channel, x, y }) {
    const size = sizeNow();
    spot.hidden = name !== get("stage") || channel !== Math.min(get("channel"), (stageNow()?.channels ?? 1) - 1);
    Object.assign(spot.style, { left: `${(100 * (x + 0.5)) / size}%`, top: `${(100 * (y + 0.5)) / size}%`, width: `${100 / size}%`, height: `${100 / size}%` });
  }

  return { node: detail, draw, point, forget: () => (seen = { stage: "" }) };
}
