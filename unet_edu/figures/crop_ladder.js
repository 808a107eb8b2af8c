// The crop ladder: every map of a U-Net to scale. Sizes: arithmetic.js.

const LIMITS = { size: [1, 1100], depth: [1, 5], kernel: [1, 7], padding: [0, 3] };
const PAPER = { depth: 4, kernel: 3, padding: 0 };
const PRESETS = [572, 700, 188, 570];

const values = (model) => ["size", "depth", "kernel", "padding"].map((key) => model.get(key));

/** What the picture shows, for who cannot see it. */
export function describe(size, depth, kernel, padding) {
  const { levels, output, fault } = plan(size, depth, kernel, padding);
  if (fault) return `${size} pixels break: ${fault.words}.`;
  const crops = levels.slice(0, -1).map((level) => level.crop).join(", ");
  return `${size} pixels go in, ${output} come out. From top to bottom the skips lose ${crops} pixels per side.`;
}

// --- the drawing -----------------------------------------------------------------------------------------------------

const BAR = 16; // height of a map
const SLOT = 21; // from one map of a level to the next
const PITCH = 112; // from one level to the next
const TOP = 26;

/** The ladder, `width` pixels wide; `extent` image pixels fill one wing of it. */
function drawLadder(width, extent, size, depth, kernel, padding) {
  const now = plan(size, depth, kernel, padding);
  const fault = now.fault?.stage;
  const allowed = Math.min(padding, Math.floor((kernel - 1) / 2));
  const [below, above] = nearestValid(size, depth, kernel, allowed);
  const legal = plan(below !== null && size - below < above - size ? below : above, depth, kernel, allowed);
  const wide = width > 560;
  const gap = wide ? 132 : 66;
  const scale = (width - gap) / 2 / extent;
  const [leftRail, rightRail] = [(width - gap) / 2, (width + gap) / 2];
  const [fans, bars, texts] = [[], [], []];

  const text = (x, y, content, anchor = "middle", style = null) =>
    texts.push(svg("text", { x, y: y + BAR / 2 + 4.2, "text-anchor": anchor, class: style }, String(content)));
  const rect = (centre, y, length, style) =>
    bars.push(svg("rect", { x: centre - (length * scale) / 2, y, width: Math.max(length * scale, 1), height: BAR, rx: 1.5, class: style }));
  /** One map with its size, inside where `least` pixels have room for it, else on the outer side (-1: left). */
  const map = (centre, y, length, least, style, outer, mark = null) => {
    rect(centre, y, length, style);
    if (least * scale > 28) text(centre, y, length, "middle", mark);
    else text(centre + outer * ((length * scale) / 2 + 5), y, length, outer < 0 ? "end" : "start", mark);
  };
  /** From a map to that of another level: the same part of the image, half or twice as many pixels. */
  const fan = (x1, y1, length1, x2, y2, length2, style) => {
    const [a, b] = [(length1 * scale) / 2, (length2 * scale) / 2];
    fans.push(svg("path", { d: `M${x1 - a} ${y1}H${x1 + a}L${x2 + b} ${y2}H${x2 - b}Z`, class: style }));
  };

  const bottom = TOP + depth * PITCH;
  for (const x of [leftRail, rightRail]) {
    fans.push(svg("line", { x1: x, x2: x, y1: TOP - 8, y2: bottom - PITCH + 3 * SLOT + BAR + 8, class: "lf-rail" }));
  }
  for (let index = 0; index <= depth; index += 1) {
    const ghost = legal.levels[index];
    const level = now.levels[index] ?? { down: [] };
    const inner = index < depth;
    const top = TOP + index * PITCH;
    const wing = ((level.down[0] ?? ghost.down[0]) * scale) / 2;
    const left = inner ? leftRail - wing : width / 2;
    const right = rightRail + wing;
    ghost.down.forEach((length, row) => {
      const y = top + row * SLOT;
      if (row >= level.down.length) return rect(left, y, length, "lf-ghost");
      const bad = (fault === `pool${index + 1}` && row === 2) || (fault === `d${index}` && row === 0);
      map(left, y, level.down[row], level.down.at(-1), bad ? "lf-wrong" : "lf-down", -1, bad ? "lf-bad" : null);
      if (bad) text(inner ? width / 2 : left + wing + 8, y, row === 2 ? "is odd" : "too few", inner ? "middle" : "start", "lf-bad");
    });
    if (!inner) continue;

    const next = now.levels[index + 1];
    const nextCentre = index + 1 < depth ? leftRail - (next?.down[0] * scale) / 2 : width / 2;
    if (next) fan(left, top + 2 * SLOT + BAR, level.down[2], nextCentre, top + PITCH, next.down[0], "lf-fan-down");
    if (level.up && next) {
      const leaving = next.up?.[2] ?? next.down[2];
      const centre = index + 1 < depth ? rightRail + (next.down[0] * scale) / 2 : width / 2;
      fan(right, top + 3 * SLOT + BAR, level.up[0], centre, top + PITCH, leaving, "lf-fan-up");
    }

    if (fault !== `d${index}`) text(width / 2, top, `level ${index}`, "middle", "lf-muted");
    const at = top + 2 * SLOT;
    const middle = at + BAR / 2;
    if (level.crop === undefined) {
      ghost.up.forEach((length, row) => rect(right, top + [3, 1, 0][row] * SLOT, length, "lf-ghost"));
      rect(right, at, ghost.up[0], "lf-ghost");
      if (fault !== `pool${index + 1}`) {
        bars.push(svg("line", { x1: leftRail + 6, x2: rightRail - 6, y1: middle, y2: middle, class: "lf-ghost" }));
      }
      continue;
    }
    const skip = level.down[2];
    for (const side of level.crop > 0 ? [-1, 1] : []) {
      const centre = right + (side * (skip - level.crop) * scale) / 2;
      rect(centre, at, level.crop, "lf-cut");
      bars.push(...hatch(centre - (level.crop * scale) / 2, at, level.crop * scale));
    }
    map(right, at, level.up[0], level.up.at(-1), "lf-kept", 1);
    if (level.up.at(-1) * scale <= 28) texts.pop(); // the green map below has the same size and more room
    [3, 1, 0].forEach((slot, row) => {
      const y = top + slot * SLOT;
      if (row >= level.up.length) return rect(right, y, ghost.up[row], "lf-ghost");
      const bad = fault === `u${index}` && row === 0;
      const style = index === 0 && slot === 0 ? "lf-strong" : null;
      map(right, y, level.up[row], level.up.at(-1), bad ? "lf-wrong" : "lf-up", 1, bad ? "lf-bad" : style);
      if (bad) text(width / 2, y, "too few ▸", "middle", "lf-bad");
    });
    bars.push(
      svg("line", { x1: leftRail + 4, x2: rightRail - 9, y1: middle, y2: middle, class: "lf-rung" }),
      svg("path", { d: `M${rightRail - 3} ${middle}l-8 -4.5v9z`, class: "lf-tip" }),
    );
    text(width / 2, at - 15, `crop ${level.crop}`, "middle", "lf-crop");
    if (wide && level.crop > 0 && fault !== `u${index}`) {
      const lost = kernel - 1 - 2 * padding;
      const deeper = now.levels[index + 1].crop;
      text(width / 2, at + 16, deeper === undefined ? `2·${lost}` : `2·(${deeper} + ${2 * lost})`, "middle", "lf-muted");
    }
  }
  const grip = leftRail - size * scale;
  text(leftRail, 2, "input", "end", "lf-muted");
  text(rightRail, 2, "output", "start", "lf-muted");
  const measure = bottom + 2 * SLOT + BAR / 2;
  bars.push(
    svg("path", { d: `M1 ${measure - 4}v8m0 -4h${100 * scale}m0 -4v8`, class: "lf-measure", fill: "none" }),
    svg("circle", { cx: grip, cy: TOP + BAR / 2, r: 6, class: "lf-handle" }),
    svg("circle", { cx: grip, cy: TOP + BAR / 2, r: 16, class: "lf-grip" }),
  );
  texts.push(svg("text", { x: 1, y: measure - 9, class: "lf-muted" }, "100 px"));
  return { nodes: [...fans, ...bars, ...texts], height: bottom + 3 * SLOT, leftRail, scale };
}

/** Slanted lines over what is cut off. */
function hatch(x, y, length) {
  const lines = [];
  for (let at = 0; at < length + BAR; at += 6) {
    const [from, to] = [Math.max(at - BAR, 0), Math.min(at, length)];
    lines.push(svg("line", { x1: x + from, y1: y + at - from, x2: x + to, y2: y + at - to, class: "lf-hatch" }));
  }
  return lines;
}

// --- the figure ------------------------------------------------------------------------------------------------------

function build({ model, root, say }) {
  const keys = Object.keys(LIMITS);
  const option = (key) => ({ min: LIMITS[key][0], max: LIMITS[key][1], typed: key === "size" });
  const titles = { size: "input size, pixels", depth: "depth", kernel: "kernel", padding: "padding" };
  const sliders = keys.map((key) => slider(model, key, titles[key], option(key)));
  const go = (values) => element("button", { type: "button", onclick: () => change(model, values) });

  const presets = PRESETS.map((size) => {
    const button = go({ size, ...PAPER });
    button.textContent = size;
    return { button, matches: () => String(values(model)) === String([size, ...Object.values(PAPER)]) };
  });
  const try_ = element("div", { class: "lf-buttons", role: "group", "aria-label": "Sizes to try with the paper's layers" },
    element("span", { class: "lf-muted" }, "try"), ...presets.map(({ button }) => button));

  const result = element("div", { class: "lf-result" });
  const picture = svg("svg", { role: "img" });
  const key = (name, words) => element("span", { class: `lf-key-${name}` }, words);
  const legend = element("div", { class: "lf-legend" }, key("down", "contracting path"), key("up", "expansive path"),
    key("kept", "skip map, kept"), key("cut", "cut off"));
  const table = foldedTable("All sizes as a table");
  root.append(
    element("div", { class: "lf-controls" }, ...sliders.map(({ node }) => node), try_), result, picture, legend, table.node,
  );

  /** Which sizes are one click away, and what is wrong. The buttons stay the same elements: one may have the focus. */
  const headline = element("strong");
  const words = element("span", { class: "lf-why" });
  const [smaller, larger, repair] = ["", "", ""].map(() => element("button", { type: "button" }));
  result.append(headline, words, element("div", { class: "lf-buttons" }, smaller, larger, repair));
  const offer = (button, label, spoken, values) => {
    button.hidden = label === null;
    if (label === null) return;
    button.textContent = label;
    button.setAttribute("aria-label", spoken);
    button.onclick = () => change(model, values);
  };

  function drawWords() {
    const [size, depth, kernel, padding] = values(model);
    const { levels, output, fault } = plan(size, depth, kernel, padding);
    const most = LIMITS.size[1];
    const legal = nearestValid(size, depth, kernel, padding);
    const below = !legal ? null : legal[0] === size ? nearestValid(size - 1, depth, kernel, padding)[0] : legal[0];
    const above = !legal ? null : legal[1] === size ? size + 2 ** depth : legal[1];
    const ways = [smaller, larger, repair];
    const pressed = ways.find((button) => button === button.getRootNode().activeElement);
    result.classList.toggle("lf-is-wrong", fault !== null);
    headline.textContent = fault ? `${size} ✗` : `${size} → ${output}`;
    words.textContent = fault ? fault.words : `${(size - output) / 2} pixels lost on each side`;
    offer(smaller, below === null ? null : `‹ ${below}`, `next smaller legal size, ${below}`, { size: below });
    offer(larger, above === null || above > most ? null : `${above} ›`, `next larger legal size, ${above}`, { size: above });
    const fits = Math.floor((kernel - 1) / 2);
    offer(repair, legal ? null : `padding ${fits}`, `set the padding to ${fits}`, { padding: fits });
    if (pressed?.hidden) ways.find((button) => !button.hidden)?.focus();
    const dash = (list, at) => list?.[at] ?? "–";
    table.update(
      ["level", "enters", "conv 1", "conv 2", "crop per side", "up", "conv 1", "conv 2"],
      levels.map((level, index) => [
        index, ...[0, 1, 2].map((at) => dash(level.down, at)), level.crop ?? "–", ...[0, 1, 2].map((at) => dash(level.up, at)),
      ]),
    );
    say(describe(size, depth, kernel, padding));
  }

  let drawn; // the last drawing, for dragging
  let dragged = null; // the extent that stays while the input is dragged
  function drawPicture() {
    const width = picture.getBoundingClientRect().width || 640;
    const now = values(model);
    const extent = dragged ?? Math.max(600, now[0]) * 1.03;
    drawn = { ...drawLadder(width, extent, ...now), extent };
    picture.replaceChildren(...drawn.nodes);
    picture.setAttribute("viewBox", `0 0 ${width} ${drawn.height}`);
    picture.setAttribute("height", drawn.height);
    picture.setAttribute("aria-label", describe(...now));
  }

  picture.onpointerdown = (event) => {
    if (!event.target.classList.contains("lf-grip")) return;
    event.preventDefault();
    picture.setPointerCapture(event.pointerId);
    dragged = drawn.extent;
  };
  picture.onpointermove = (event) => {
    if (dragged === null) return;
    const [, depth, kernel, padding] = values(model);
    const pulled = (drawn.leftRail - (event.clientX - picture.getBoundingClientRect().left)) / drawn.scale;
    const [least, most] = LIMITS.size;
    const around = nearestValid(Math.round(pulled - 2 ** (depth - 1)), depth, kernel, padding); // from legal size to legal size
    change(model, { size: Math.min(Math.max(around ? around[1] : Math.round(pulled), least), most) });
  };
  picture.onpointerup = picture.onpointercancel = () => {
    dragged = null;
    drawPicture();
  };

  const end = drawOnChange(model, keys, () => {
    sliders.forEach(({ update }) => update());
    presets.forEach(({ button, matches }) => button.setAttribute("aria-pressed", matches()));
    drawWords();
    drawPicture();
  });
  const stay = whenResized(root, drawPicture);
  return () => {
    stay();
    end();
  };
}

export default liveFigure("CropLadder", build);
