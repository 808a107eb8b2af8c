// Inside a U-Net: the image, the prediction beside it with and without what is switched off, the U with a picture of every map,
// one stage with all its channels, one channel with the filters that feed it. sources.js computes; each part is drawn by a file
// of its own, feature_maps_PART.js. What the parts share is `shared`, made in build().

const NARROW = 520; // pixels: less than that is one column

const percent = (share) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
const number = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2)).replace("-", "−");
const pathOf = (name) => (/^(skip)/.test(name) ? "skip" : /^(u\d|up)/.test(name) ? "up" : /^(d\d|pool)/.test(name) ? "down" : "end");
const partOf = (name) => name.replace(".after", "");

/** Greys whose black is white: four at a time, since a large picture has millions. */
function inverted(greys) {
  const out = new Uint8Array(4 * Math.ceil(greys.length / 4));
  out.set(greys);
  const words = new Uint32Array(out.buffer);
  for (let at = 0; at < words.length; at += 1) words[at] = ~words[at];
  return out.subarray(0, greys.length);
}

/** Switch a part of the network off, or on again. */
function flip(model, part) {
  const off = model.get("off");
  change(model, { off: off.includes(part) ? off.filter((one) => one !== part) : [...off, part] });
}

/** The upper left corner of the window, which lies inside the image. */
function cornerOf(model) {
  const size = model.get("size");
  return [Math.min(model.get("x"), model.get("width") - size), Math.min(model.get("y"), model.get("height") - size)];
}

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  const alarm = element("p", { class: "lf-fm-alarm", role: "alert" });
  const shared = {
    model, root, say, alarm, get,
    kernel: !model.kernelless,
    greys: null, truth: null, // of the image: grey values, labels where they are known
    source: null, // computes: sources.js
    unpacked: null, // { packed, greys } of the reader's picture, whose greys need not be unpacked again
    picture: 0, // counts the pictures that were put in
    skips: null, // names of the skip connections, once the network ran
    now: null, // { stages, output, whole, ms, where, x, y, here, cover } of the last run
    inner: null, // the part of the image that is no mirror image: { left, top, width, height }; null: all of it
    layers: () => (get("view") === "whole" && whole.layers()) || run.layers(), // what the answer shows
    drawAnswer: () => answer.draw(),
    stale: new Set(), // stages that changed since their picture was drawn
    gone: false, // the figure was taken away
    wide: root.clientWidth, // measured only where it may have changed, for measuring makes the browser lay out
  };
  const run = networkRun(shared, drawResult);
  const image = imageInput(shared, run.start);
  const answer = answerPanel(shared);
  const bet = skipBet(shared, run);
  const whole = wholePicture(shared, run);
  shared.find = whole.find;
  const u = uMap(shared);
  const channels = channelGrid(shared);
  const pixel = pixelPanel(shared, ({ it, before, where, field }) => {
    u.point(it, before, where);
    channels.point(it);
    image.point(field);
  });
  shared.hover = pixel.hover;
  channels.node.hidden = true; // until there is something to look into
  root.classList.add("lf-fm");
  root.classList.toggle("lf-fm-narrow", shared.wide < NARROW);
  root.append(
    element("div", { class: "lf-fm-top" }, image.scene, answer.node),
    answer.legend, run.verdict, run.where, run.bar, alarm,
    element("div", { class: "lf-fm-top" }, element("div", { class: "lf-fm-left" }, image.tools, image.node), element("div", {}, answer.tools, whole.node, bet.node)),
    u.node, u.list, pixel.node, channels.node, run.table.node);

  async function drawResult() {
    image.draw();
    shared.skips = shared.now.stages.filter(({ name }) => name.startsWith("skip")).map(({ name }) => partOf(name)).sort();
    bet.draw();
    whole.compute();
    channels.node.hidden = false;
    shared.wide = root.clientWidth;
    channels.forget();
    await Promise.all([u.draw(), channels.draw(), pixel.draw()]);
  }

  async function load() {
    const bytes = get("image");
    const known = shared.unpacked?.packed === bytes && shared.unpacked.greys;
    const [greys, labels] = await Promise.all([known || unpack(bytes), get("truth").byteLength ? unpack(get("truth")) : null]);
    if (shared.gone || bytes !== get("image")) return;
    shared.greys = known || new Uint8Array(greys);
    if (get("invert")) shared.greys = inverted(shared.greys);
    shared.truth = labels && new Uint8Array(labels);
    shared.picture += 1;
    run.forget();
    image.draw();
    run.compute();
  }

  /** Other weights: another network computes. */
  function onWeights() {
    const again = () => {
      run.other();
      run.start();
    };
    model.on("change:weights", again);
    return () => model.off("change:weights", again);
  }

  const ends = [
    drawOnChange(model, ["image", "truth", "width", "height", "invert"], load),
    drawOnChange(model, ["x", "y", "size", "cover", "off"], () => {
      image.draw();
      if (shared.now) u.mark();
      run.compute();
    }),
    drawOnChange(model, ["stage"], () => shared.now && u.mark()),
    drawOnChange(model, ["stage", "channel"], channels.draw),
    drawOnChange(model, ["stage", "channel", "pixel"], pixel.draw),
    drawOnChange(model, ["tool", "weights"], image.draw),
    drawOnChange(model, ["curtain", "show", "view", "zoom"], answer.draw),
    drawOnChange(model, ["view", "off", "cover"], whole.compute),
    onWeights(),
    bet.end, image.end, whole.end,
    whenResized(root, () => {
      shared.wide = root.clientWidth;
      root.classList.toggle("lf-fm-narrow", shared.wide < NARROW);
      if (shared.now) u.draw().then(channels.draw);
    }),
  ];
  const patience = shared.kernel && setTimeout(() => {
    if (root.dataset.kernel === "none") alarm.textContent = "No kernel answers. Run the cell that made this figure.";
  }, 8000);
  const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && run.start(), { rootMargin: "200px" });
  observer.observe(root);
  return () => {
    shared.gone = true;
    clearTimeout(patience);
    observer.disconnect();
    shared.source?.dispose();
    ends.forEach((end) => end());
  };
}

export default liveFigure("FeatureMaps", build);
