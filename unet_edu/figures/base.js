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
  node.append(...children);
  return node;
}

/**
 * A figure as anywidget wants it. build({ model, root, say }) fills root and returns what ends it;
 * say(text) tells a reader who cannot see what has changed, once the changes pause.
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
    return () => {
      clearTimeout(pause);
      forget();
      end();
      root.remove();
    };
  }
  return { render };
}

/** Ask Python whether it listens, and call then() if it answers; a page without a kernel never does. */
function whenKernelAnswers(model, then) {
  const hear = (message) => message?.type === "pong" && then();
  model.on("msg:custom", hear);
  model.send({ type: "ping" });
  return () => model.off("msg:custom", hear);
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

/** A slider for an integer of the model, with a box to type in where `typed`; { node, update }. */
function slider(model, key, label, { min, max, typed = false }) {
  const id = `lf-control-${(controls += 1)}-${Math.random().toString(36).slice(2, 7)}`;
  const range = element("input", { type: "range", id, min, max, step: 1 });
  const shown = typed
    ? element("input", { type: "number", min, max, step: 1, "aria-label": `${label}, typed` })
    : element("span", { class: "lf-value", "aria-hidden": "true" }); // the slider itself says its value
  const take = (input) => {
    const value = Number(input.value);
    if (input.value !== "" && Number.isInteger(value) && value >= min && value <= max) change(model, { [key]: value });
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

/** The bytes that base.pack compressed, as ArrayBuffer; takes what a Bytes trait arrives as. */
async function unpack(bytes) {
  const packed = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(packed).arrayBuffer();
}
