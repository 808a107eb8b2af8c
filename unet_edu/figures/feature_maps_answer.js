// FeatureMaps: the prediction, as large as the image: membranes over the picture, a curtain between before and after. It shows
// the window's answer, or the whole picture, of which a part where it is enlarged.
//
//     layer     { left, top, width, height, bytes }   bytes: 0 not computed yet, 1 … 127 membrane, 128 … 255 cell
//     rectangle { left, top, width, height }          of the picture, which the panel shows

const MOST_SHOWN = 700; // pixels a side that are painted; of a larger rectangle every second one, and so on
const MOST_ZOOM = 16;
const [MEMBRANE, LOST, NEW] = [[255, 170, 30], [255, 70, 90], [80, 165, 255]];
const TINT = 0.72; // how much a colour covers the grey

/** Probabilities of cell as bytes: from 128 up where they are ½ or more, never 0. */
export function layerBytes(values) {
  const bytes = new Uint8Array(values.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = 1 + Math.floor(254 * values[at]);
  return bytes;
}

/** The labels of bytes: 1 where they stand for a cell. */
export function labelsOf(bytes) {
  const labels = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) labels[at] = bytes[at] >> 7;
  return labels;
}

/** The part of the picture that is shown, enlarged `zoom` times, around the middle of the window as far as the borders allow. */
export function partShown(width, height, zoom, [x, y]) {
  const [wide, high] = [Math.ceil(width / zoom), Math.ceil(height / zoom)];
  const start = (at, part, whole) => Math.min(Math.max(Math.round(at - part / 2), 0), whole - part);
  return { left: start(x, wide, width), top: start(y, high, height), width: wide, height: high };
}

/**
 * The colours of a rectangle, { width, height, data }: right of `edge`, a column of the picture, `after`, left of it `before`,
 * or the bare picture where there is no `before`. show: "membranes", "probability" or "changes".
 */
export function answerPixels({ greys, width: row }, rectangle, before, after, edge, show) {
  const step = Math.ceil(Math.max(rectangle.width, rectangle.height) / MOST_SHOWN);
  const [width, height] = [Math.ceil(rectangle.width / step), Math.ceil(rectangle.height / step)];
  const data = new Uint8ClampedArray(4 * width * height);
  const [changes, membranes, probability] = ["changes", "membranes", "probability"].map((name) => show === name);
  for (let line = 0; line < height; line += 1) {
    const y = rectangle.top + line * step;
    const [wasFrom, nowFrom] = [before, after].map((layer) => (layer ? (y - layer.top) * layer.width - layer.left : 0));
    for (let column = 0; column < width; column += 1) {
      const x = rectangle.left + column * step;
      const grey = greys[y * row + x], at = 4 * (line * width + column);
      const was = before ? before.bytes[wasFrom + x] : 0, now = after ? after.bytes[nowFrom + x] : 0;
      const isAfter = x >= edge, value = isAfter ? now : was;
      const differs = was > 0 && now > 0 && was < 128 !== now < 128;
      let colour = null;
      if (changes) colour = differs ? (now < 128 ? NEW : LOST) : null;
      else if (membranes && value) colour = isAfter && differs ? (now < 128 ? NEW : LOST) : value < 128 ? MEMBRANE : null;
      const plain = probability && value ? value : grey;
      data[at] = colour ? grey + (colour[0] - grey) * TINT : plain;
      data[at + 1] = colour ? grey + (colour[1] - grey) * TINT : plain;
      data[at + 2] = colour ? grey + (colour[2] - grey) * TINT : plain;
      data[at + 3] = 255;
    }
  }
  return { width, height, data };
}

/** { node, draw }: draw() after anything that is shown changed; it takes the layers from shared.layers(). */
function answerPanel(shared) {
  const { model, get } = shared;
  const canvas = element("canvas");
  const line = element("span", { class: "lf-fm-line", "aria-hidden": "true" });
  const names = ["was", "now"].map((side) => element("span", { class: `lf-fm-name lf-fm-${side}`, "aria-hidden": "true" }));
  const scene = element("div", { class: "lf-fm-curtain lf-along" }, canvas, line, ...names);
  const colours = [[MEMBRANE, "membrane"], [LOST, "membrane lost"], [NEW, "membrane where none was"]].map(([rgb, words]) =>
    element("span", { class: "lf-fm-key" }, element("i", { style: `background: rgb(${rgb})` }), words));
  const legend = element("p", { class: "lf-fm-legend lf-muted" }, ...colours);
  const shows = choice(model, "show", "show", [["membranes", "membranes"], ["probability", "probability"], ["changes", "what changed"]]);
  const views = choice(model, "view", "of", [["window", "this window"], ["whole", "the whole picture"]]);
  const zooms = [["−", 0.5, "smaller"], ["+", 2, "larger"]].map(([sign, times, words]) =>
    element("button", { type: "button", "aria-label": words, title: words, onclick: () => change(model, { zoom: get("zoom") * times }) }, sign));
  const zoomed = element("span", { class: "lf-value" });
  const zoom = element("div", { class: "lf-buttons", role: "group", "aria-label": "zoom" }, zooms[0], zoomed, zooms[1]);
  const tools = element("div", { class: "lf-controls lf-fm-tools" }, views.node, zoom, shows.node);

  function draw() {
    [shows, views].forEach(({ update }) => update());
    zoom.style.visibility = get("view") === "whole" ? "visible" : "hidden";
    zoomed.textContent = `${get("zoom")} ×`;
    zooms[0].disabled = get("zoom") <= 1;
    zooms[1].disabled = get("zoom") >= MOST_ZOOM;
    const layers = shared.layers();
    if (!layers) return;
    const { rectangle, before, after, altered } = layers;
    const edge = rectangle.left + Math.round((get("curtain") / 100) * rectangle.width);
    const curtained = get("show") !== "changes";
    const { width, height, data } = answerPixels({ greys: shared.greys, width: get("width") }, rectangle, altered || get("show") === "probability" ? before : null, after,
      curtained ? edge : 0, get("show"));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    canvas.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
    const long = Math.max(rectangle.width, rectangle.height);
    Object.assign(scene.style, { width: `${(100 * rectangle.width) / long}%`, aspectRatio: `${rectangle.width} / ${rectangle.height}` });
    canvas.classList.toggle("lf-fm-pixels-seen", long < 400);
    line.hidden = !curtained;
    line.style.left = `${get("curtain")}%`;
    names[0].textContent = !curtained ? "" : altered || get("show") === "probability" ? "everything on" : "the picture";
    names[1].textContent = altered ? "as it is now" : "what the network sees";
    colours.forEach((node, at) => (node.style.display = get("show") === "probability" || (at > 0 && !altered) ? "none" : ""));
    scene.setAttribute("aria-label", curtained
      ? `Curtain between ${names[0].textContent} and ${names[1].textContent}, at ${get("curtain")} percent; left and right arrow keys move it.`
      : "What changed, on the picture.");
  }

  pointing(scene, {
    label: "The prediction. Left and right arrow keys move the curtain.",
    sideways: true,
    steps: 2,
    at: () => [get("curtain"), 0],
    range: () => [100, 0],
    place: placeOn(scene, () => [100, 1]),
    go: ([x]) => change(model, { curtain: x }),
  });
  return { node: element("div", { class: "lf-fm-square" }, scene), tools, legend, draw };
}
