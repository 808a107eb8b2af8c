// FeatureMaps: the image with the window that the network sees and the covered square; other pictures, and the reader's own.

const SAMPLE = 300; // pixels a side of the nuclei
const SAMPLES = { nuclei: "nuclei", stained: "stained nuclei" };
const SHOWN = 1024; // pixels a side of the image as it is drawn
const THUMBNAIL = 44; // pixels of a sample on its button
const TISSUE = "These weights know only tissue under the microscope, cells with dark membranes between them";
const KNOWS = { "unet8-nuclei": "These weights know only nuclei, bright ones in fluorescence and dark ones in stained tissue" };

/** Every step-th pixel of greys: { data, width, height }, so that no side has more than `most`. */
function thinned(greys, width, height, most) {
  const step = Math.ceil(Math.max(width, height) / most);
  if (step === 1) return { data: greys, width, height };
  const [wide, high] = [Math.floor(width / step), Math.floor(height / step)];
  const data = new Uint8Array(wide * high);
  for (let y = 0; y < high; y += 1) for (let x = 0; x < wide; x += 1) data[y * wide + x] = greys[y * step * width + x * step];
  return { data, width: wide, height: high };
}

/** { node, scene, tools, draw, point, end }: the picture, what moves on it, and where others come from; start() fetches the network. */
function imageInput(shared, start) {
  const { model, root, get, say, alarm, kernel } = shared;
  const scene = element("canvas");
  const marks = svg("svg", { "aria-hidden": "true", preserveAspectRatio: "none" });
  const held = grip("drag the window or the cover");
  const stageBox = element("div", { class: "lf-fm-scene lf-drags" }, scene, marks, held.node);
  const square = element("div", { class: "lf-fm-square" }, stageBox);
  const tools = choice(model, "tool", "drag", [["window", "the window"], ["cover", "a cover"]]);
  const uncover = element("button", { type: "button", onclick: () => change(model, { cover: [] }) }, "uncover");
  const trained = get("trained"), opened = get("weights");
  const renamed = (name) => ({ network: get("network").replace(trained[get("weights")], trained[name]) });
  const weights = choice(model, "weights", "weights", Object.entries(trained), renamed);
  weights.node.hidden = !get("network").endsWith(trained[get("weights")]); // a network of the reader's own has its own
  const invert = toggle(model, "invert", "invert");
  const contrast = toggle(model, "contrast", "auto-contrast");
  const pages = element("select", { "aria-label": "page of the file" });
  const chooser = (words, extra) => {
    const input = element("input", { type: "file", accept: "image/*,.tif,.tiff", class: "lf-unseen", tabindex: -1, "aria-hidden": "true", ...extra });
    input.onchange = () => {
      if (input.files[0]) takePicture(input.files[0]);
      input.value = "";
    };
    return [element("button", { type: "button", onclick: () => input.click() }, words), input];
  };
  const own = element("div", { class: "lf-buttons" }, ...chooser("your own picture …", {}), ...chooser("camera …", { capture: "environment" }), pages);
  const first = Object.fromEntries(["image", "truth", "width", "height"].map((key) => [key, get(key)]));
  const offered = Object.entries(SAMPLES).filter(([name]) => get(name).byteLength);
  const pictures = {
    first: { ...first, words: "The first image is back.", title: "first image" },
    ...Object.fromEntries(offered.map(([name, words]) => [name, {
      image: get(name), truth: new DataView(new ArrayBuffer(0)), width: SAMPLE, height: SAMPLE, words: `Real ${words} are in.`, title: words,
    }])),
  };
  const samples = element("div", { class: "lf-buttons lf-fm-samples", role: "group", "aria-label": "pictures" },
    ...Object.entries(pictures).map(([name, { title }]) => element("button", { type: "button", "data-sample": name, onclick: () => putSample(name, fitting(name)) },
      element("canvas", { "aria-hidden": "true" }), title)));
  const note = element("span"), hint = element("span");
  const moves = element("div", { class: "lf-controls lf-fm-tools" }, tools.node, uncover);
  const node = element("div", { class: "lf-fm-own" }, samples, own,
    element("div", { class: "lf-controls lf-fm-tools" }, contrast.node, invert.node), weights.node,
    element("p", { class: "lf-fm-note lf-muted" }, note, hint));
  const reader = pictureReader();
  let file = null, raw = null; // the reader's own picture: its file, and what was found in it
  let inside = "first"; // the sample that is in

  let field = null; // the receptive field of the pixel that is written out: [left, right, top, bottom] in the window
  const fieldMark = svg("rect", { class: "lf-fm-field" });
  function point(frame) {
    field = frame;
    const [x, y] = cornerOf(model), [left, right, top, bottom] = field;
    for (const [key, value] of Object.entries({ x: x + left, y: y + top, width: right - left, height: bottom - top })) fieldMark.setAttribute(key, value);
    if (!fieldMark.isConnected) marks.append(fieldMark);
  }

  let painted = null; // what the canvas shows
  function draw() {
    const [width, height, size] = [get("width"), get("height"), get("size")];
    if (shared.greys && painted !== shared.greys) {
      const small = thinned(shared.greys, width, height, SHOWN);
      paint(scene, small.data, small.width, small.height, [0, 255]);
    }
    painted = shared.greys;
    Object.assign(stageBox.style, { width: `${(100 * width) / Math.max(width, height)}%`, aspectRatio: `${width} / ${height}` });
    marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const [x, y] = cornerOf(model);
    const side = shared.now?.output.size ?? size - 2 * border();
    const edge = (size - side) / 2;
    const box = (left, top, wide, name, high = wide) => svg("rect", { x: left, y: top, width: wide, height: high, class: name });
    const shade = svg("path", { d: `M0 0H${width}V${height}H0ZM${x} ${y}v${size}h${size}v${-size}Z`, class: "lf-fm-shade" });
    const nodes = [shade, box(x, y, size, "lf-fm-window"), box(x + edge, y + edge, side, "lf-fm-output")];
    const { inner } = shared;
    if (inner && (inner.width < width || inner.height < height)) nodes.push(box(inner.left, inner.top, inner.width, "lf-fm-inner", inner.height));
    if (get("cover").length) {
      const [left, top, wide] = get("cover");
      nodes.push(box(x + left, y + top, wide, "lf-fm-cover"));
    }
    marks.replaceChildren(...nodes);
    if (field) point(field);
    held.update(middle().map((value, axis) => value / [width, height][axis]));
    uncover.disabled = get("cover").length === 0;
    samples.querySelectorAll("[data-sample]").forEach((button) => {
      button.disabled = button.dataset.sample !== "first" && size > SAMPLE;
      button.setAttribute("aria-pressed", button.dataset.sample === get("sample"));
    });
    contrast.node.hidden = !raw;
    pages.hidden = !raw || raw.pages < 2;
    hint.textContent = `Also by paste or drop; TIFF and 16 bits, too. ${KNOWS[get("weights")] ?? TISSUE}: of anything else they make the nearest thing they were trained on.`;
    [tools, weights, invert, contrast].forEach(({ update }) => update());
  }

  const covered = () => Math.round(get("size") / 5);
  /** The middle of what is dragged: of the window, or of the cover in it. */
  const middle = () => {
    const corner = cornerOf(model), cover = get("tool") === "cover" && get("cover").length ? get("cover") : [0, 0, get("size")];
    return corner.map((value, axis) => value + cover[axis] + cover[2] / 2);
  };
  pointing(stageBox, {
    label: "The image. Arrow keys move the window that the network sees, or the square that covers a part of it.",
    steps: 8,
    handle: held.node,
    at: middle,
    range: () => [get("width") - 1, get("height") - 1],
    place: placeOn(stageBox, () => [get("width"), get("height")]),
    go: (point) => {
      start();
      const [size, side] = [get("size"), covered()];
      if (get("tool") === "window") {
        const [x, y] = point.map((value, axis) => Math.min(Math.max(Math.round(value - size / 2), 0), [get("width"), get("height")][axis] - size));
        change(model, { x, y });
      } else {
        const corner = point.map((value, axis) => Math.min(Math.max(Math.round(value - cornerOf(model)[axis] - side / 2), 0), size - side));
        change(model, { cover: [...corner, side] });
      }
    },
  });

  /** Puts an image in, with the window in its middle. */
  function show(values, words) {
    const size = get("size");
    const [x, y] = [values.width, values.height].map((side) => Math.floor((side - size) / 2));
    [alarm.textContent, note.textContent] = ["", ""];
    change(model, { x, y, ...values, cover: [] });
    start();
    say(words);
  }

  /** The weights that were trained on pictures such as a sample that is clicked. */
  function fitting(name) {
    const fit = name === "first" ? opened : "unet8-nuclei";
    return weights.node.hidden ? {} : { weights: fit, ...renamed(fit) };
  }

  function putSample(name, values = {}) {
    const { image, truth, width, height, words } = pictures[name];
    [raw, file, shared.inner, inside] = [null, null, null, name];
    show({ image, truth, width, height, sample: name, zoom: 1, ...values }, words);
  }

  async function takePicture(given, page = 0) {
    alarm.textContent = "";
    try {
      const found = await reader.open(given, page);
      [file, raw] = [given, found];
      pages.replaceChildren(...Array.from({ length: raw.pages }, (_, at) => element("option", { value: at, selected: at === raw.page }, `page ${at + 1} of ${raw.pages}`)));
      const small = raw.width < raw.was[0] ? ` It was ${raw.was[0]} × ${raw.was[1]} pixels and is shown at ${raw.width} × ${raw.height}.` : "";
      await putRaw({ view: "whole", zoom: 1 }, `Your picture is in.${small}`);
      const { inner } = shared;
      const mirror = inner.width < get("width") || inner.height < get("height") ? ` It has ${inner.width} × ${inner.height} pixels; the window needs ${get("size")}: around it it is mirrored.` : "";
      note.textContent = `Your picture stays ${kernel ? "on this machine and its kernel" : "in this browser"}.${small}${mirror} `;
    } catch (error) {
      alarm.textContent = error.message;
    }
  }

  /** Puts the reader's own picture in, its contrast as chosen. */
  async function putRaw(values, words) {
    const { greys, image, inner, width, height } = await reader.greys(get("contrast"), get("size"));
    const packed = new DataView(image.buffer);
    [shared.inner, shared.unpacked, inside] = [inner, { packed, greys }, "own"];
    show({ image: packed, width, height, truth: new DataView(new ArrayBuffer(0)), sample: "own", ...values }, words);
  }

  pages.onchange = () => takePicture(file, Number(pages.value));
  const ends = [
    drawOnChange(model, ["contrast"], () => raw && putRaw({ x: get("x"), y: get("y") }, get("contrast") ? "The contrast is spread." : "The contrast is that of the file.")),
    drawOnChange(model, ["sample"], () => get("sample") !== inside && pictures[get("sample")] && putSample(get("sample"), { x: get("x"), y: get("y") })),
  ];

  let seen = false;
  const observer = new IntersectionObserver((entries) => (seen = entries.at(-1).isIntersecting));
  observer.observe(root);
  const onPaste = (event) => {
    const typing = event.target.closest?.("input:not([type=range], [type=checkbox]), textarea, [contenteditable]");
    const pasted = [...(event.clipboardData?.files ?? [])][0];
    if (!pasted || !seen || typing) return;
    event.preventDefault();
    takePicture(pasted);
  };
  document.addEventListener("paste", onPaste);

  let over = 0; // of the elements that a dragged file entered and did not leave
  const hasFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const mark = (count) => {
    over = Math.max(count, 0);
    root.classList.toggle("lf-fm-dropping", over > 0);
  };
  root.addEventListener("dragenter", (event) => hasFile(event) && mark(over + 1));
  root.addEventListener("dragleave", (event) => hasFile(event) && mark(over - 1));
  root.addEventListener("dragover", (event) => hasFile(event) && event.preventDefault());
  root.addEventListener("drop", (event) => {
    mark(0);
    if (!event.dataTransfer.files[0]) return;
    event.preventDefault();
    takePicture(event.dataTransfer.files[0]);
  });

  for (const button of samples.children) {
    const { image, width, height } = pictures[button.dataset.sample];
    unpack(image).then((greys) => {
      const small = thinned(new Uint8Array(greys), width, height, THUMBNAIL);
      paint(button.firstChild, small.data, small.width, small.height, [0, 255]);
    });
  }
  const end = () => {
    ends.forEach((one) => one());
    observer.disconnect();
    reader.dispose();
    document.removeEventListener("paste", onPaste);
  };
  return { node, scene: square, tools: moves, draw, point, end };
}
