// FeatureMaps: the image with the window that the network sees and the covered square, and the reader's own picture.

const LONGEST = 1024; // pixels; a larger image is scaled down
const SAMPLE = 300; // pixels a side of the nuclei
const SAMPLES = { nuclei: "nuclei", stained: "stained nuclei" };

/** What scale makes a picture fit: 1, or less for a large one; throws where it is too small, or too long and thin. */
export function fitting(width, height, least) {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  if (short < least) throw new Error(`That picture has ${width} × ${height} pixels; the network needs at least ${least} on each side.`);
  const scale = Math.min(1, Math.max(LONGEST / long, least / short));
  if (scale * long > 4 * LONGEST) throw new Error(`That picture is too long and thin: ${width} × ${height} pixels. Cut a piece of at most 1 : 15 out of it.`);
  return scale;
}

/** { node, draw }; start() is called when a reader moves something or brings a picture. */
function imageInput(shared, start) {
  const { model, root, get, say, alarm, kernel } = shared;
  const scene = element("canvas");
  const marks = svg("svg", { "aria-hidden": "true", preserveAspectRatio: "none" });
  const held = grip("drag the window or the cover");
  const stageBox = element("div", { class: "lf-fm-scene lf-drags" }, scene, marks, held.node);
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
  const first = Object.fromEntries(["image", "truth", "width", "height"].map((key) => [key, get(key)]));
  const offered = Object.entries(SAMPLES).filter(([name]) => get(name).byteLength);
  const samples = element("div", { class: "lf-buttons" },
    element("button", { type: "button", onclick: () => show(first, "The first image is back.") }, "first image"),
    ...offered.map(([name, words]) => element("button", {
      type: "button", "data-sample": name,
      onclick: () => show({ image: get(name), truth: new DataView(new ArrayBuffer(0)), width: SAMPLE, height: SAMPLE }, `Real ${words} are in.`),
    }, words)));
  const note = element("span");
  const hint = "Also by paste or drop. These weights know only tissue under the microscope, cells with dark membranes between them: of anything else they make the nearest thing they were trained on.";
  const node = element("div", { class: "lf-fm-left" }, stageBox,
    element("div", { class: "lf-controls lf-fm-tools" }, tools.node, uncover), samples, own,
    element("p", { class: "lf-fm-note lf-muted" }, note, hint), alarm);

  let painted = null; // what the canvas shows
  function draw() {
    const [width, height, size] = [get("width"), get("height"), get("size")];
    if (shared.greys && painted !== shared.greys) paint(scene, shared.greys, width, height, [0, 255]);
    painted = shared.greys;
    stageBox.style.aspectRatio = `${width} / ${height}`;
    marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const [x, y] = cornerOf(model);
    const side = shared.now?.output.size ?? size - 2 * border();
    const edge = (size - side) / 2;
    const box = (left, top, wide, name) => svg("rect", { x: left, y: top, width: wide, height: wide, class: name });
    const shade = svg("path", { d: `M0 0H${width}V${height}H0ZM${x} ${y}v${size}h${size}v${-size}Z`, class: "lf-fm-shade" });
    const nodes = [shade, box(x, y, size, "lf-fm-window"), box(x + edge, y + edge, side, "lf-fm-output")];
    if (get("cover").length) {
      const [left, top, wide] = get("cover");
      nodes.push(box(x + left, y + top, wide, "lf-fm-cover"));
    }
    marks.replaceChildren(...nodes);
    held.update(middle().map((value, axis) => value / [width, height][axis]));
    uncover.disabled = get("cover").length === 0;
    samples.querySelectorAll("[data-sample]").forEach((button) => { button.disabled = size > SAMPLE; });
    tools.update();
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
    change(model, { ...values, cover: [], x, y });
    start();
    say(words);
  }

  async function takePicture(file) {
    alarm.textContent = "";
    try {
      if (file.type && !file.type.startsWith("image/")) throw new Error(`“${file.name}” is no picture (${file.type}).`);
      const bitmap = await createImageBitmap(file).catch(() => {
        throw new Error(`“${file.name}” cannot be read as a picture: it is damaged, or of a kind that this browser cannot read.`);
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
      const shrunk = scale < 1 ? ` It was ${bitmap.width} × ${bitmap.height} pixels and is shown at ${width} × ${height}.` : "";
      show({ image, width, height, truth: new DataView(new ArrayBuffer(0)) }, `Your picture is in.${shrunk}`);
      note.textContent = `Your picture stays ${kernel ? "on this machine and its kernel" : "in this browser"}.${shrunk} `;
    } catch (error) {
      alarm.textContent = error.message;
    }
  }
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

  return { node, draw };
}
