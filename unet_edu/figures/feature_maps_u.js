// FeatureMaps: the U, a picture of every map of the network, and the plugs that cut its skip connections.

const TILE = 40; // pixels of a picture of a channel
const NAMED = 46; // pixels of a box that is wide enough for its whole name
const PATHS = { down: "contracting path", up: "expansive path" };

/** The name of a stage as it fits under its box: d1.relu2, or d1.2 where there is little room. */
export const shortName = (name, side) => (side >= NAMED ? partOf(name) : partOf(name).replace("relu", "").replace("output", "out"));

/** Where the boxes of the stages stand, on a width in pixels: { isU, depth, side, high, at: { name: [x, y] } }. */
function placesOf(names, width) {
  const isU = names.includes("skip0.after");
  const depth = isU ? names.filter((name) => name.startsWith("skip")).length : 0;
  const across = isU ? 9 : Math.max(Math.floor(width / 46), 4);
  const gap = 4;
  const room = isU ? Math.max(width * 0.1, 44) : 0; // between the paths, at the top
  const side = Math.min((width - room) / across - gap, 52);
  const step = side + gap;
  const indent = isU ? Math.max(Math.min((width - 9 * step - 40) / 2 / Math.max(depth - 1, 1), step * 0.75), 0) : 0;
  const high = side + (side >= NAMED ? 36 : 15);
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
  return { isU, depth, side, high, at };
}

/**
 * A button with a picture for every stage, in rows by level; a network of another kind in the order in which it computes.
 * { node, list, draw, mark, point }: draw() after a run, mark() when something was chosen or switched.
 */
function uMap(shared) {
  const { model, get } = shared;
  const map = element("div", { class: "lf-fm-u", role: "toolbar", "aria-label": "The stages of the network. Left and right arrow keys go from one to the next." });
  const wires = svg("svg", { "aria-hidden": "true" });
  const list = element("p", { class: "lf-fm-off" });

  let laidOut = "";
  const boxes = new Map();
  /** Place the boxes, where the stages or the width changed; returns whether they did. */
  function layOut() {
    const { stages } = shared.now;
    const names = stages.map(({ name }) => name);
    const width = shared.wide - 6;
    const key = `${names.join()}|${width}`;
    if (key === laidOut) return false;
    laidOut = key;
    boxes.clear();
    map.replaceChildren(wires);
    const places = placesOf(names, width);
    const bottom = Math.max(...Object.values(places.at).map(([, y]) => y)) + places.high;
    map.style.height = `${bottom}px`;
    wires.setAttribute("viewBox", `0 0 ${width} ${bottom}`);
    const sizes = addBoxes(stages, places);
    const paths = places.isU ? Object.entries(PATHS).map(([path, words]) => svg("text", {
      x: path === "down" ? 0 : width, y: bottom - 16, "text-anchor": path === "down" ? "start" : "end", class: `lf-fm-path lf-fm-path-${path}`,
    }, places.side >= NAMED ? words : words.split(" ")[0])) : [];
    wires.replaceChildren(...(places.isU ? addWires(places) : []), ...sizes, ...paths);
    return true;
  }

  /** A button with a picture for each stage; returns the texts with their sizes. */
  function addBoxes(stages, { isU, side, at }) {
    const texts = [];
    for (const { name, channels, size } of stages) {
      const [x, y] = at[name];
      const canvas = element("canvas", { "aria-hidden": "true" });
      const button = element("button", {
        type: "button", class: `lf-fm-box lf-fm-${isU ? pathOf(name) : "end"}`, tabindex: -1,
        "aria-label": `${name}, ${channels} channel${channels > 1 ? "s" : ""} of ${size} × ${size} pixels`, title: `${name} · ${channels} × ${size}²`,
        onclick: (event) => change(model, { stage: name, channel: 0, ...(event.detail ? { pixel: placeIn(event) } : {}) }), // else by a key
      }, canvas);
      const placeIn = pixelOn(canvas, () => [size, size]);
      hovering(button, {
        place: placeIn, size: () => [size, size],
        go: ([column, row]) => shared.hover({ name, channel: boxes.get(name).channel ?? 0, x: column, y: row }),
      });
      button.addEventListener("pointerleave", () => shared.hover(null));
      Object.assign(button.style, { left: `${x}px`, top: `${y}px`, width: `${side}px`, height: `${side}px` });
      map.append(button);
      boxes.set(name, { button, canvas, size });
      const under = (line, words, kind) => texts.push(svg("text", { x: x + side / 2, y: y + side + 11 + 11 * line, "text-anchor": "middle", class: `lf-fm-box-name ${kind}` }, words));
      under(0, shortName(name, side), "");
      if (side >= NAMED) under(1, `${channels} × ${size}²`, "lf-muted");
    }
    return texts;
  }

  /** The arrows between levels, the skip connections, and a plug on each of these; returns the lines. */
  function addWires({ depth, side, high, at }) {
    const lines = [];
    const middleOf = (name) => [at[name][0] + side / 2, at[name][1] + side / 2];
    for (let l = 0; l < depth; l += 1) {
      const [x1, y] = middleOf(`d${l}.relu2`);
      const [x2] = middleOf(`skip${l}.after`);
      lines.unshift(svg("path", { d: `M${x1 + side / 2} ${y}H${x2 - side / 2}`, class: `lf-fm-wire lf-fm-wire-${l}` }));
      const part = `skip${l}`;
      const plug = element("button", { type: "button", class: "lf-fm-plug", onclick: () => flip(model, part) });
      Object.assign(plug.style, { left: `${(x1 + x2) / 2 - 13}px`, top: `${y - 13}px` });
      map.append(plug);
      boxes.set(part, { plug });
    }
    for (let l = 1; l <= depth; l += 1) {
      const [x1, y1] = middleOf(`d${l - 1}.relu2`);
      const [x2, y2] = middleOf(`pool${l}`);
      const [h, away] = [side / 2, high - side];
      lines.unshift(svg("path", { d: `M${x1} ${y1 + h}C${x1} ${y1 + h + away} ${x2} ${y2 - h - away} ${x2} ${y2 - h}`, class: "lf-fm-wire lf-fm-wire-down" }));
      const [x3, y3] = middleOf(l === depth ? `d${depth}.relu2` : `u${l}.relu2`);
      const [x4, y4] = middleOf(`up${l - 1}`);
      lines.unshift(svg("path", { d: `M${x3} ${y3 - h}C${x3} ${y3 - h - away} ${x4} ${y4 + h + away} ${x4} ${y4 + h}`, class: "lf-fm-wire lf-fm-wire-up" }));
    }
    return lines;
  }

  map.addEventListener("keydown", (event) => {
    const ways = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (!shared.now || !(event.key in ways) || event.target.className === "lf-fm-plug") return;
    event.preventDefault();
    const names = shared.now.stages.map(({ name }) => name);
    const next = names[Math.min(Math.max(names.indexOf(get("stage")) + ways[event.key], 0), names.length - 1)];
    change(model, { stage: next, channel: 0 });
    boxes.get(next).button.focus();
  });

  function mark() {
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

  async function draw() {
    const fresh = layOut();
    mark();
    const { now } = shared;
    await Promise.all(now.stages.filter(({ name }) => fresh || shared.stale.has(name)).map(async ({ name }) => {
      const small = await shared.source.thumbnails(name, TILE);
      if (shared.gone || shared.now !== now) return; // a later run draws its own
      const at = name === "output" ? small.greys.length / small.side ** 2 - 1 : small.busiest;
      boxes.get(name).channel = at;
      paint(boxes.get(name).canvas, small.greys.subarray(at * small.side ** 2), small.side, small.side, [0, 255]);
      shared.stale.delete(name);
    }));
  }

  const frames = Array.from({ length: 3 }, () => element("span", { class: "lf-fm-at", "aria-hidden": "true" }));
  /** Frame a pixel in its box, and its window in the boxes that feed it. */
  function point({ name, x, y }, before, where) {
    frames.forEach((frame) => frame.remove());
    [[name, x, y, 1], ...before.map((one) => [one.name, where.x, where.y, where.side])].forEach(([one, left, top, side], at) => {
      const box = boxes.get(one);
      if (!box) return;
      const part = (value) => `${(100 * value) / box.size}%`;
      Object.assign(frames[at].style, { left: part(left + side / 2), top: part(top + side / 2), width: part(side), height: part(side) });
      frames[at].classList.toggle("lf-fm-at-before", at > 0);
      box.button.append(frames[at]);
    });
  }

  return { node: map, list, draw, mark, point };
}
