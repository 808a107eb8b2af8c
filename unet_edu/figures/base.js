// What all live figures share. A front end gets this text followed by a figure's own script, as one module: the helpers
// below need no import there. The host, which is anywidget or the book's static/live-figures.js, calls render().

/** An HTML element: element("button", { type: "button", onclick: f }, "text", anotherElement). */
function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node[name] = value;
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  if (attributes.role === "img" && !attributes["aria-label"]) node.setAttribute("aria-label", "not drawn yet"); // a name at any time
  node.append(...children);
  return node;
}

/**
 * A figure as anywidget wants it. build({ model, root, say }) fills root and returns what ends it;
 * say(text) announces to screen readers what has changed, once the changes pause.
 */
function liveFigure(name, build) {
  function render({ model, el }) {
    const root = element("div", { class: "live-figure", "data-live-figure": name, "data-kernel": "none" });
    const status = element("p", { class: "lf-unseen", role: "status" });
    let pause;
    const say = (text) => {
      clearTimeout(pause);
      pause = setTimeout(() => (status.textContent = text), 500);
    };
    root.addEventListener("keydown", (event) => event.stopPropagation()); // JupyterLab would move between cells
    el.append(root);
    const end = build({ model, root, say });
    root.append(status);
    if (!el.closest("figure")) root.append(element("p", { class: "lf-caption" }, model.get("caption")));
    const forget = whenKernelAnswers(model, () => (root.dataset.kernel = "live"));
    const release = keepInAddress(model, root, say);
    return () => {
      clearTimeout(pause);
      forget();
      release();
      end();
      root.remove();
    };
  }
  return { render };
}

/** Send a message to Python and call then() when a reply comes; on a page without a kernel none comes. */
function whenKernelAnswers(model, then) {
  const onReply = (message) => message?.type === "pong" && then();
  model.on("msg:custom", onReply);
  model.send({ type: "ping" });
  return () => model.off("msg:custom", onReply);
}

// The state of a figure in the address of its page: #fig-name:key=value&key=value, of several figures one after the other with
// semicolons between them, the one changed last first. What a link says is taken as far as it is legal: `legal`, from Python.

/** The state in an address's part behind #: [[name, { key: text }]]. */
export function readAddress(hash) {
  return hash.replace(/^#/, "").split(";").map((part) => /^([\w-]+):(.*)$/.exec(part)).filter(Boolean).map(([, name, pairs]) =>
    [name, Object.fromEntries(pairs.split("&").filter(Boolean).map((pair) => pair.split("=").map(decoded)).filter((pair) => pair.length === 2))]);
}

/** The address of such a state, with #; "" where there is none. */
export function writeAddress(states) {
  const parts = states.map(([name, pairs]) => `${name}:${Object.entries(pairs).map(([key, text]) => `${key}=${encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3A/g, ":")}`).join("&")}`);
  return parts.length ? `#${parts.join(";")}` : "";
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch { // a % that stands for nothing
    return "";
  }
}

/** A value from its text, or undefined where the rule of `legal` does not allow it. */
export function legalValue(text, rule) {
  if (rule.any) return rule.any.map((one) => legalValue(text, one)).find((value) => value !== undefined);
  if (rule.of) return rule.of.find((value) => String(value) === text);
  if (rule.each) {
    const values = text === "" ? [] : text.split(",").map((one) => legalValue(one, rule.each));
    return values.includes(undefined) || values.length < rule.least || values.length > rule.most ? undefined : values;
  }
  if (rule.word) return /^[\w.:-]{0,40}$/.test(text) ? text : undefined;
  const value = Number(text);
  const whole = /^-?\d{1,9}$/.test(text) && value % (rule.step ?? 1) === 0;
  return whole && value >= (rule.least ?? -Infinity) && value <= (rule.most ?? Infinity) ? value : undefined;
}

const kept = new WeakSet(); // models whose state is in the address already: two views of a figure have one

/** Keep the state of a figure of a page without a kernel in the page's address, and offer a link to it; returns what ends it. */
function keepInAddress(model, root, say) {
  const legal = model.get("legal") ?? {};
  const keys = Object.keys(legal);
  if (!model.kernelless || !keys.length || kept.has(model)) return () => {};
  kept.add(model);
  const figure = root.closest("figure");
  const name = figure?.id || root.dataset.liveFigure;
  const text = (key) => String(model.get(key));
  const first = Object.fromEntries(keys.map((key) => [key, model.get(key)]));
  const firstText = Object.fromEntries(keys.map((key) => [key, text(key)]));

  function apply() {
    const mine = readAddress(location.hash).find(([one]) => one === name);
    if (!mine) return false;
    const given = keys.filter((key) => key in mine[1]).map((key) => [key, legalValue(mine[1][key], legal[key])]);
    if (given.some(([, value]) => value !== undefined)) root.dataset.restored = ""; // what plays when seen stays where a link leads
    change(model, { ...first, ...Object.fromEntries(given.filter(([, value]) => value !== undefined)) });
    return true;
  }
  function write(evenFirst = false) {
    const differing = Object.fromEntries(keys.filter((key) => text(key) !== firstText[key]).map((key) => [key, text(key)]));
    const others = readAddress(location.hash).filter(([one]) => one !== name);
    const states = Object.keys(differing).length || evenFirst ? [[name, differing], ...others] : others;
    const bare = evenFirst && states.length === 1 && !Object.keys(differing).length && figure?.id;
    const plain = bare ? `#${name}` : states.length || readAddress(location.hash).length ? writeAddress(states) : location.hash; // an anchor stays
    history.replaceState(history.state, "", plain || location.pathname + location.search);
  }

  let acted = false, due; // only what a reader does is kept, not what plays by itself
  const act = () => (acted = true);
  const later = () => {
    if (!acted) return;
    clearTimeout(due);
    due = setTimeout(write, 250);
  };
  const ACTS = ["pointerdown", "keydown", "input", "drop"];
  ACTS.forEach((kind) => root.addEventListener(kind, act, true));
  keys.forEach((key) => model.on(`change:${key}`, later));
  addEventListener("hashchange", apply);
  const link = element("button", { type: "button", class: "lf-link" }, "copy link to this state");
  link.onclick = async () => {
    clearTimeout(due);
    write(true);
    const address = location.href;
    const done = await navigator.clipboard?.writeText(address).then(() => true, () => false);
    link.textContent = done ? "link copied" : "the link is in the address bar";
    say(`${link.textContent}.`);
    setTimeout(() => (link.textContent = "copy link to this state"), 2500);
  };
  const table = [...root.children].findLast((one) => one.tagName === "DETAILS");
  if (table) table.before(link);
  else root.append(link);
  if (apply() && readAddress(location.hash)[0][0] === name && performance.getEntriesByType("navigation")[0]?.type === "navigate") {
    requestAnimationFrame(() => (figure ?? root).scrollIntoView());
  }
  return () => {
    clearTimeout(due);
    kept.delete(model);
    ACTS.forEach((kind) => root.removeEventListener(kind, act, true));
    keys.forEach((key) => model.off(`change:${key}`, later));
    removeEventListener("hashchange", apply);
  };
}

/** Call draw() now and after every change of one of the keys, once a change of several keys; returns what ends it. */
function drawOnChange(model, keys, draw) {
  let due = false;
  const later = () => {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      draw();
    });
  };
  for (const key of keys) model.on(`change:${key}`, later);
  draw();
  return () => keys.forEach((key) => model.off(`change:${key}`, later));
}

/** Set values of the model, for all views of it and for Python. */
function change(model, values) {
  model.set(values);
  model.save_changes();
}

let controls = 0;

/**
 * A slider for an integer of the model, with a box to type in where `typed`; { node, update }.
 * besides: other values of the model that change with it.
 */
function slider(model, key, label, { min, max, typed = false, besides = {} }) {
  const id = `lf-control-${(controls += 1)}-${Math.random().toString(36).slice(2, 7)}`;
  const range = element("input", { type: "range", id, min, max, step: 1 });
  const shown = typed
    ? element("input", { type: "number", min, max, step: 1, "aria-label": `${label}, typed` })
    : element("span", { class: "lf-value", "aria-hidden": "true" }); // screen readers read the value of the slider itself
  const take = (input) => {
    const value = Number(input.value);
    if (input.value !== "" && Number.isInteger(value) && value >= min && value <= max) change(model, { ...besides, [key]: value });
  };
  range.oninput = () => take(range);
  if (typed) {
    shown.oninput = () => take(shown);
    shown.onchange = () => (shown.value = model.get(key)); // what was typed halfway or out of range goes
  }
  const title = element("label", { for: id }, label);
  if (!typed) title.append(shown);
  const node = element("div", { class: typed ? "lf-control lf-wide" : "lf-control" }, title);
  node.append(typed ? element("div", {}, range, shown) : range);
  const update = () => {
    const value = String(model.get(key));
    range.value = value;
    if (!typed) shown.textContent = value;
    else if (shown !== shown.getRootNode().activeElement || Number(shown.value) !== Number(value)) shown.value = value;
  };
  return { node, update };
}

/**
 * A choice among a few words, as a row of buttons; options: [[value, words], …]; { node, update }.
 * besides(value): other values of the model that change with it.
 */
function choice(model, key, label, options, besides = () => ({})) {
  const buttons = options.map(([value, words]) =>
    element("button", { type: "button", onclick: () => change(model, { ...besides(value), [key]: value }) }, words));
  const group = element("div", { class: "lf-buttons", role: "group", "aria-label": label }, ...buttons);
  const node = element("div", { class: "lf-choice" }, element("span", { class: "lf-muted", "aria-hidden": "true" }, label), group);
  const update = () =>
    options.forEach(([value], index) => buttons[index].setAttribute("aria-pressed", model.get(key) === value));
  return { node, update };
}

/** A box to tick for a truth value of the model; { node, update }. */
function toggle(model, key, label) {
  const box = element("input", { type: "checkbox", onchange: () => change(model, { [key]: box.checked }) });
  const node = element("label", { class: "lf-toggle" }, box, label);
  return { node, update: () => (box.checked = Boolean(model.get(key))) };
}

/** Call draw() whenever the figure gets another width, the first time soon; returns what ends it. */
function whenResized(root, draw) {
  let width;
  const observer = new ResizeObserver(([entry]) => {
    if (entry.contentRect.width === width) return; // a drawing may change the height
    width = entry.contentRect.width;
    draw();
  });
  observer.observe(root);
  return () => observer.disconnect();
}

/**
 * Let a reader point at a place on a drawing by mouse, by touch and by the arrow keys (with Shift: ten steps at once).
 * at() gives [x, y] as it is, go([x, y]) moves it there, place(event) turns a pointer event into [x, y];
 * range() gives [most x, most y], both count from 0; `steps`: how far one key press goes; `sideways`: only x counts.
 * A finger that swipes scrolls the page: it drags on a `handle`, and along a drawing where only x counts; elsewhere it taps.
 * A handle moves as the finger does, so that it stays under it.
 */
function pointing(node, { label, at, go, place, range, steps = 1, sideways = false, handle = null }) {
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const inside = (point) => point.map((value, axis) => Math.min(Math.max(Math.round(value), 0), range()[axis]));
  node.tabIndex = 0;
  node.setAttribute("role", "application"); // arrow keys belong to the drawing
  node.setAttribute("aria-roledescription", "place to point at, with the arrow keys");
  node.setAttribute("aria-label", label);
  node.classList.add("lf-pointing");
  node.style.touchAction = sideways ? "pan-y pinch-zoom" : "manipulation";
  if (handle) handle.style.touchAction = "none";
  const SLOP = 6; // pixels that a finger may slip before it is known whether it drags along a line or scrolls
  let held = null; // what the pointer that is down does: { apart: from where it is to where what it holds is }
  let touched = false;
  node.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    touched = event.pointerType === "touch";
    const onHandle = handle?.contains(event.target);
    if (touched && !sideways && !onHandle) return; // a tap is told by its click
    held = {
      apart: onHandle ? at().map((value, axis) => value - place(event)[axis]) : [0, 0],
      from: touched && sideways ? [event.clientX, event.clientY] : null,
    };
    if (!touched) node.setPointerCapture(event.pointerId);
    node.classList.add("lf-held");
    if (!touched && !onHandle) go(inside(place(event)));
  });
  node.addEventListener("pointermove", (event) => {
    if (!held || !event.isPrimary) return;
    if (held.from) {
      const [across, down] = [event.clientX - held.from[0], event.clientY - held.from[1]].map(Math.abs);
      if (across < SLOP || across < down) return;
      held.from = null;
    }
    go(inside(place(event).map((value, axis) => value + held.apart[axis])));
  });
  for (const end of ["pointerup", "pointercancel"]) {
    node.addEventListener(end, () => {
      held = null;
      node.classList.remove("lf-held");
    });
  }
  node.addEventListener("click", (event) => touched && !handle?.contains(event.target) && go(inside(place(event))));
  node.addEventListener("keydown", (event) => {
    if (!(event.key in ARROWS)) return;
    event.preventDefault();
    const far = steps * (event.shiftKey ? 10 : 1);
    go(inside(at().map((value, axis) => value + far * ARROWS[event.key][axis])));
  });
}

/** A grip for a finger, on a picture whose place it holds: { node, update([x, y]) }, both parts of its width and height. */
function grip(words) {
  const node = element("span", { class: "lf-grip-here", title: words, "aria-hidden": "true" });
  const update = ([x, y]) => Object.assign(node.style, { left: `${100 * x}%`, top: `${100 * y}%` });
  return { node, update };
}

/** The colours of a picture beside what they stand for: { node, update(colours, [low, middle, high] in words) }. */
function colourScale(what) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const ends = [0, 1, 2].map(() => element("span"));
  const node = element("div", { class: "lf-scale" }, element("span", { class: "lf-scale-what" }, what), element("div", {}, canvas, element("div", { class: "lf-scale-ends" }, ...ends)));
  const update = (colours, words) => {
    paint(canvas, Float32Array.from({ length: 256 }, (_, value) => value), 256, 1, [0, 255], colours);
    words.forEach((one, at) => (ends[at].textContent = one));
  };
  return { node, update };
}

/** Colour maps as tables of 256 × 3 bytes: gray here, others of matplotlib by `colour_maps` of the Python class. */
const GRAY = Uint8Array.from({ length: 768 }, (_, at) => Math.floor(at / 3));

/** Paint numbers, row after row, one pixel each: low has the first colour of the table, high the last. */
function paint(canvas, values, width, height, [low, high], colours = GRAY) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const image = new ImageData(width, height);
  const scale = high > low ? 255 / (high - low) : 0;
  for (let at = 0; at < width * height; at += 1) {
    const index = 3 * Math.round(Math.min(Math.max((values[at] - low) * scale, 0), 255));
    image.data[4 * at] = colours[index];
    image.data[4 * at + 1] = colours[index + 1];
    image.data[4 * at + 2] = colours[index + 2];
    image.data[4 * at + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Whether the reader asked for less motion: then a figure jumps to the end of what it would animate. */
const stillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Whether the reader asked for less data, as for less motion: then nothing plays by itself. */
const thrift = () => matchMedia("(prefers-reduced-data: reduce)").matches || globalThis.navigator?.connection?.saveData === true;

/** Call step() on each frame for as long as it returns true; returns what ends it earlier. */
function frames(step) {
  let due = requestAnimationFrame(function next() {
    due = step() ? requestAnimationFrame(next) : null;
  });
  return () => cancelAnimationFrame(due);
}

/** A table that scrolls by itself, folded under a title; { node, update(head, rows) }, the first of each row names it. */
function foldedTable(title) {
  const table = element("table");
  const box = element("div", { class: "lf-table", role: "region", tabindex: 0, "aria-label": title }, table);
  const node = element("details", {}, element("summary", {}, title), box);
  const line = (cells, scope) =>
    element("tr", {}, ...cells.map((cell, column) =>
      scope === "col" || column === 0 ? element("th", { scope }, String(cell)) : element("td", {}, String(cell))));
  const update = (head, rows) => {
    const body = element("tbody", {}, ...rows.map((row) => line(row, "row")));
    table.replaceChildren(element("thead", {}, line(head, "col")), body);
  };
  return { node, update };
}

/** Turns a pointer event into [x, y] on a node that shows [width, height] = size() of whatever is counted there. */
const placeOn = (node, size) => (event) => {
  const { left, top, width, height } = node.getBoundingClientRect();
  const [across, down] = size();
  return [((event.clientX - left) / width) * across, ((event.clientY - top) / height) * down];
};

/** The same in whole pixels: the number of the one that the pointer is in. */
const pixelOn = (node, size) => (event) => placeOn(node, size)(event).map(Math.floor);

/** Call go([x, y]) while a mouse moves over the node with no button down; place, size: as in pixelOn. */
function hovering(node, { place, size, go }) {
  node.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse" || event.buttons) return;
    const at = place(event);
    if (at.every((value, axis) => value >= 0 && value < size()[axis])) go(at);
  });
}

/** The bytes that base.pack compressed, as ArrayBuffer; takes what a Bytes trait arrives as. */
async function unpack(bytes) {
  const packed = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(packed).arrayBuffer();
}

/** The arrays in Bytes traits of the model: loadBytes(model, { image: Uint8Array }) resolves to { image }. */
async function loadBytes(model, kinds) {
  const names = Object.keys(kinds);
  const buffers = await Promise.all(names.map((name) => unpack(model.get(name))));
  return Object.fromEntries(names.map((name, at) => [name, new kinds[name](buffers[at])]));
}
