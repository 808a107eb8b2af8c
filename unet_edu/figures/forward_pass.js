// A forward pass, live: the blocks of a small U-Net in the shape of the letter, each with the channel that says most.
// What is computed is the network of engine.js, one map a frame while the window walks, all at once when it is moved.

const WINDOW = 124, SIDE = 252, MOST = SIDE - WINDOW;
const BLOCKS = [["input", "window"], ["d0", "d0.relu2"], ["d1", "d1.relu2"], ["d2", "d2.relu2"], ["u1", "u1.relu2"], ["u0", "u0.relu2"], ["output", "output"]];
const STILL_MS = 1300; // between two passes of a walk

/** The maps of a network that the figure has a place or a line for, [name, map], each computed when it is asked for. */
export function* stages(image, size, network, off) {
  for (const [name, map] of forwardPass(image, size, network, off)) {
    if (/^input|relu|^skip|^output/.test(name)) yield [name.replace(".after", ""), map];
  }
}

/** Where the window of a walk stands in its n-th pass: a round through the picture. */
export function walk(pass) {
  const angle = (pass * 2 * Math.PI) / 9;
  return [Math.cos(angle), Math.sin(angle)].map((part) => Math.round((MOST / 2) * (1 + 0.9 * part)));
}

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  let image = null, network = null, gone = false, stop = () => {}, pause, pass = 0;

  const canvases = {}, sizes = {}, places = {};
  for (const [name] of BLOCKS) {
    canvases[name] = element("canvas", { role: "img", width: 1, height: 1 });
    sizes[name] = element("span", { class: "lf-muted" });
    places[name] = element("div", { class: `lf-fp-block lf-fp-${name}` }, name === "input" ? "" : canvases[name], sizes[name]);
  }
  const frame = element("span", { class: "lf-fp-window", "aria-hidden": "true" });
  const handle = grip("the window");
  const scene = element("div", { class: "lf-fp-scene" }, canvases.input, frame, handle.node);
  places.input.prepend(scene);
  const skips = [0, 1].map((level) => {
    const button = element("button", { type: "button", class: `lf-fp-skip lf-fp-skip${level}` });
    button.onclick = () => {
      const name = `skip${level}`, off = get("off");
      change(model, { off: off.includes(name) ? off.filter((one) => one !== name) : [...off, name] });
    };
    return button;
  });
  const play = element("button", { type: "button", onclick: () => change(model, { walking: !get("walking") }) });
  const all = element("button", { type: "button", onclick: () => change(model, { off: get("off").length ? [] : ["skip0", "skip1"] }) });
  const result = element("p", { class: "lf-fp-result" });
  const table = foldedTable("The maps as a table");
  root.append(
    element("div", { class: "lf-fp-u" }, ...Object.values(places), ...skips),
    element("div", { class: "lf-buttons" }, play, all), result, table.node);

  const place = () => [get("x"), get("y")];
  const seen = () => windowOf(image, SIDE, ...place(), WINDOW);
  let found = {};
  function show(name, map) {
    found[name] = { channels: map.channels, size: map.size };
    const block = BLOCKS.find(([, stage]) => stage === name)?.[0];
    if (!block) return;
    canvases[block].setAttribute("aria-label", `A map of the block ${block}: ${map.size} pixels a side, the busiest of ${map.channels} channels.`);
    sizes[block].textContent = name === "output" ? `answer: ${map.size} px` : `${map.size} px × ${map.channels}`;
    if (name === "output") {
      const answer = map.data.subarray(map.size ** 2);
      paint(canvases[block], answer, map.size, map.size, [0, 1]);
      let share = 0;
      for (const one of answer) share += one > 0.5;
      finish(share / answer.length, map.size);
      return;
    }
    const { side, greys, busiest } = thumbnails(map, map.size);
    paint(canvases[block], greys.subarray(busiest * side * side, (busiest + 1) * side * side), side, side, [0, 255]);
  }
  function finish(share, size) {
    const off = get("off");
    const cut = off.length === 2 ? "Both skips are cut: what remains has passed two poolings." : off.length ? `${off[0] === "skip0" ? "The upper" : "The lower"} skip is cut.` : "All is joined.";
    result.textContent = `${size} × ${size} pixels come out of ${WINDOW} × ${WINDOW}: ${Math.round(100 * share)} % nucleus. ${cut}`;
    canvases.output.setAttribute("aria-label", `The answer: ${result.textContent}`);
    table.update(["map", "channels", "pixels a side"], Object.entries(found).map(([name, { channels, size: side }]) => [name, channels, side]));
    root.dataset.share = share.toFixed(4);
    if (!get("walking")) say(result.textContent);
  }

  function drawFrame() {
    const [x, y] = place();
    Object.assign(frame.style, { left: `${(100 * x) / SIDE}%`, top: `${(100 * y) / SIDE}%`, width: `${(100 * WINDOW) / SIDE}%`, height: `${(100 * WINDOW) / SIDE}%` });
    handle.update([(x + WINDOW / 2) / SIDE, (y + WINDOW / 2) / SIDE]);
    scene.setAttribute("aria-label", `The picture. Arrow keys move the window that the network sees; now column ${x}, row ${y}.`);
    skips.forEach((button, level) => {
      const off = get("off").includes(`skip${level}`);
      button.setAttribute("aria-pressed", off);
      button.setAttribute("aria-label", `cut the ${level ? "lower" : "upper"} skip`);
      button.title = button.getAttribute("aria-label");
      button.textContent = off ? "✂ cut" : "skip ⇢";
    });
    play.textContent = get("walking") ? "❚❚ pause" : "▶ play";
    all.textContent = get("off").length ? "join the skips again" : "cut the skips";
  }
  function now() {
    stop();
    found = {};
    for (const [name, map] of stages(seen(), WINDOW, network, get("off"))) show(name, map);
  }
  function slowly() {
    stop();
    found = {};
    const computed = stages(seen(), WINDOW, network, get("off"));
    stop = frames(() => {
      const { value, done } = computed.next();
      if (!done) show(...value);
      return !done;
    });
  }
  let seenBefore = "";
  function draw() {
    if (!network || gone) return;
    if ("restored" in root.dataset) { // a link leads to one window, and there it stays
      delete root.dataset.restored;
      if (get("walking")) change(model, { walking: false });
    }
    drawFrame();
    const wanted = JSON.stringify([place(), get("off")]);
    if (wanted === seenBefore) return;
    seenBefore = wanted;
    if (!get("walking")) now();
    else slowly();
  }
  function next() {
    clearTimeout(pause);
    if (gone || !get("walking")) return;
    const visible = root.getBoundingClientRect();
    if (network && visible.bottom > 0 && visible.top < innerHeight && !document.hidden) {
      const [x, y] = walk(pass);
      pass += 1;
      change(model, { x, y });
    }
    pause = setTimeout(next, STILL_MS);
  }

  const halt = () => get("walking") && change(model, { walking: false });
  scene.addEventListener("pointerdown", halt, true);
  scene.addEventListener("keydown", (event) => event.key.startsWith("Arrow") && halt(), true);
  pointing(scene, {
    label: "The picture.", steps: 4, handle: handle.node,
    at: () => place().map((value) => value + WINDOW / 2), range: () => [SIDE, SIDE],
    place: placeOn(scene, () => [SIDE, SIDE]),
    go: ([x, y]) => {
      const [left, top] = [x, y].map((value) => Math.min(Math.max(Math.round(value - WINDOW / 2), 0), MOST));
      change(model, { x: left, y: top });
    },
  });
  const end = drawOnChange(model, ["x", "y", "off", "walking"], draw);
  const walkAgain = () => get("walking") && next();
  model.on("change:walking", walkAgain);
  loadBytes(model, { image: Uint8Array }).then((loaded) => {
    if (gone) return;
    ({ image } = loaded);
    const file = get("weights");
    network = readNetwork(file.buffer ? file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) : file);
    paint(canvases.input, image, SIDE, SIDE, [0, 255]);
    canvases.input.setAttribute("aria-label", "Nuclei, bright on a dark ground.");
    sizes.input.textContent = `window: ${WINDOW} px`;
    if (stillness() || thrift()) change(model, { walking: false });
    draw();
    if (get("walking")) pause = setTimeout(next, STILL_MS);
  });
  return () => {
    gone = true;
    stop();
    clearTimeout(pause);
    model.off("change:walking", walkAgain);
    end();
  };
}

export default liveFigure("ForwardPass", build);
