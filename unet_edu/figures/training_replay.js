// A recorded training run, scrubbed: one frame of it large, all of it as a film above the curves of loss, scores and
// learning rate. The pictures and scores come with the figure; cells are found, counted and coloured here.

const SIDE = 160;
const TOP = 10; // tenths: the challenge's last threshold
const FILM = 8; // pictures in the film strip
const MISSED = [255, 90, 80], INVENTED = [80, 160, 255], NOBODY = [120, 124, 132], BETWEEN = [16, 16, 22];

/** A colour for each cell; those of close numbers are far apart in hue and lightness. */
function colourOf(cell) {
  const hue = (cell * 137.5) % 360, light = [0.45, 0.62, 0.78][cell % 3];
  const part = (shift) => {
    const k = (shift + hue / 30) % 12;
    return Math.round(255 * (light - 0.9 * Math.min(light, 1 - light) * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [part(0), part(8), part(4)];
}

function build({ model, root, say }) {
  const get = (key) => model.get(key);
  const rows = Object.keys(get("facts"));
  let maps = null, frames = null, curves = null, gone = false, playing = null;

  const steps = () => get("facts")[get("run")].steps;
  const last = () => steps().length - 1;
  const now = () => Math.min(get("frame"), last());
  const thousands = (number) => number.toLocaleString("en-GB");
  const after = (count) => (count ? `after ${thousands(count)} step${count === 1 ? "" : "s"}` : "before the first step");

  const runs = choice(model, "run", "trained by", rows.map((row) => [row, row]));
  const shows = choice(model, "show", "show", [["probability", "probability"], ["cells", "cells found"], ["mistakes", "mistakes"]]);
  const play = element("button", { type: "button", class: "lf-tr-play", onclick: () => (playing ? stop() : start()) });
  const bar = element("input", { type: "range", min: 0, step: 1, "aria-label": "moment of the training" });
  bar.oninput = () => go(Number(bar.value));
  const moment = element("span", { class: "lf-tr-moment", "aria-hidden": "true" });
  const picture = element("canvas", { role: "img", "aria-label": "What the network predicts" });
  const legend = element("p", { class: "lf-tr-legend lf-muted" });
  const beside = [["image", "the image"], ["truth", "true cells"]].map(([, words]) => {
    const canvas = element("canvas", { role: "img", "aria-label": words });
    return { canvas, node: element("div", {}, canvas, element("p", { class: "lf-muted", "aria-hidden": "true" }, words)) };
  });
  const result = element("p", { class: "lf-result lf-tr-result" });
  const fate = element("p", { class: "lf-tr-fate" });
  const recipe = element("p", { class: "lf-tr-recipe lf-muted" });
  const film = Array.from({ length: FILM }, () => element("canvas", { "aria-hidden": "true" }));
  const strip = element("div", { class: "lf-tr-film" }, ...film);
  const drawing = svg("svg", { "aria-hidden": "true" });
  const scrub = element("div", { class: "lf-tr-scrub lf-along" }, strip, drawing);
  const table = foldedTable("The values as a table");
  root.append(
    element("div", { class: "lf-controls lf-tr-tools" }, runs.node, shows.node),
    element("div", { class: "lf-tr-body" },
      element("div", { class: "lf-tr-left" }, picture, legend),
      element("div", { class: "lf-tr-right" }, result, fate, element("div", { class: "lf-tr-beside" }, ...beside.map(({ node }) => node)), recipe)),
    element("div", { class: "lf-tr-time" }, play, bar, moment), scrub, table.node);

  const plane = (at) => maps.subarray(at * SIDE ** 2, (at + 1) * SIDE ** 2);
  const before = (length) => rows.slice(0, rows.indexOf(get("run"))).reduce((sum, row) => sum + length(get("facts")[row].steps), 0);
  const frame = (at) => frames.subarray((before((all) => all.length) + at) * SIDE ** 2).subarray(0, SIDE ** 2);
  function curvesOfRun() {
    const from = before((all) => 2 * all[all.length - 1]), count = steps()[last()];
    return { loss: curves.subarray(from, from + count), rate: curves.subarray(from + count, from + 2 * count) };
  }

  function go(frame) {
    stop();
    change(model, { frame });
  }
  function stop() {
    clearTimeout(playing);
    playing = null;
    play.textContent = "▶ play";
  }
  function start() {
    if (stillness()) return change(model, { frame: now() === last() ? 0 : last() }); // there and back, without motion
    if (now() === last()) change(model, { frame: 0 });
    const next = () => {
      if (now() === last()) return stop();
      change(model, { frame: now() + 1 });
      playing = setTimeout(next, 350);
    };
    playing = setTimeout(next, 500);
    play.textContent = "❚❚ pause";
  }
  stop();

  /** Colour a canvas, pixel by pixel: colour(at) is [red, green, blue]. */
  function fill(canvas, colour) {
    const image = new ImageData(SIDE, SIDE);
    for (let at = 0; at < SIDE ** 2; at += 1) image.data.set([...colour(at), 255], 4 * at);
    Object.assign(canvas, { width: SIDE, height: SIDE });
    canvas.getContext("2d").putImageData(image, 0, 0);
  }
  const colours = Array.from({ length: 256 }, (_, cell) => (cell ? colourOf(cell) : BETWEEN));

  function paintPicture(levels, cut, found, facts) {
    const [image, truth] = [plane(0), plane(1)];
    if (get("show") === "probability") paint(picture, levels, SIDE, SIDE, [0, TOP]);
    else if (get("show") === "cells")
      fill(picture, (at) => (!found.numbers[at] ? BETWEEN : facts.most.has(found.numbers[at]) ? colours[facts.most.get(found.numbers[at])] : NOBODY));
    else fill(picture, (at) => {
      const cell = levels[at] > cut;
      return cell === truth[at] > 0 ? [image[at], image[at], image[at]] : cell ? MISSED : INVENTED;
    });
  }

  // the film and the curves share one axis: frame after frame, equally far apart
  const LEFT = 44, RIGHT = 10, LOSS = [8, 92], SCORE = [120, 214], RATE = [242, 276], HEIGHT = 312;
  let width = 640;
  const x = (position) => LEFT + ((width - LEFT - RIGHT) * position) / Math.max(last(), 1);
  function position(step) { // of a step between two frames
    const all = steps();
    let at = 0;
    while (at < all.length - 2 && all[at + 1] < step) at += 1;
    return at + (step - all[at]) / (all[at + 1] - all[at]);
  }
  const marks = {};
  function drawCurves() {
    const { loss, rate } = curvesOfRun();
    const facts = get("facts")[get("run")];
    drawing.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const parts = [];
    const line = (points, kind) => parts.push(svg("polyline", { class: kind, points: points.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(" ") }));
    const rule = (y, words, kind = "lf-tr-grid") => parts.push(svg("line", { class: kind, x1: LEFT, x2: width - RIGHT, y1: y, y2: y }), svg("text", { class: "lf-muted", x: LEFT - 6, y: y + 4, "text-anchor": "end" }, words));
    const title = (y, ...spans) => parts.push(svg("text", { x: LEFT + 4, y, class: "lf-tr-title" }, ...spans));
    const key = (words, kind) => svg("tspan", { class: kind }, words);

    // the loss, on a scale of factors; what lies above the frame is drawn at its upper edge
    const [low, high] = [0.05, 5];
    const lossAt = (value) => LOSS[1] - ((LOSS[1] - LOSS[0]) * Math.log(Math.min(Math.max(value, low), high) / low)) / Math.log(high / low);
    for (const value of [0.1, 0.3, 1, 3]) rule(lossAt(value), String(value));
    line([...loss].map((value, at) => [x(position(at + 0.5)), lossAt(value)]), "lf-tr-faint");
    const means = facts.steps.slice(1).map((to, at) => {
      const some = loss.subarray(facts.steps[at], to);
      return [x(at + 0.5), lossAt(some.reduce((a, b) => a + b, 0) / some.length)];
    });
    line(means, "lf-tr-loss");
    const greatest = Math.max(...loss);
    const beyond = greatest > high ? `; up to ${thousands(Number(greatest.toPrecision(3)))}` : "";
    title(LOSS[0] + 4, key("loss", "lf-tr-key-loss"), ` of each step; bold: mean${beyond}`);

    const scoreAt = (value) => SCORE[1] - (SCORE[1] - SCORE[0]) * value;
    for (const value of [0, 0.5, 1]) rule(scoreAt(value), String(value));
    const nothing = scoreAt(plane(1).filter((cell) => !cell).length / SIDE ** 2);
    parts.push(svg("line", { class: "lf-tr-nothing", x1: LEFT, x2: width - RIGHT, y1: nothing, y2: nothing }));
    parts.push(svg("text", { class: "lf-tr-title", x: LEFT + 4, y: SCORE[1] - 5 }, "dotted: wrong pixels of “all is cell”"));
    line(facts.v_rand.map((value, at) => [x(at), scoreAt(value)]), "lf-tr-rand");
    line(facts.share_of_wrong_pixels.map((value, at) => [x(at), scoreAt(value)]), "lf-tr-error");
    title(SCORE[0] - 8, key("V_Rand", "lf-tr-key-rand"), ", 1 is perfect; ", key("wrong pixels", "lf-tr-key-error"), ", 0 is");

    const most = Math.max(...rate);
    const rateAt = (value) => RATE[1] - (RATE[1] - RATE[0]) * (value / most);
    rule(RATE[1], "0");
    rule(RATE[0], String(Number(most.toPrecision(2))));
    line([...rate].map((value, at) => [x(position(at + 0.5)), rateAt(value)]), "lf-tr-rate");
    title(RATE[0] - 8, "learning rate");

    const room = Math.max(1, Math.ceil((42 * last()) / (width - LEFT - RIGHT)));
    facts.steps.forEach((step, at) => {
      if (at % room && at !== last()) return;
      if (at !== last() && last() - at < room) return;
      parts.push(svg("text", { class: "lf-muted", x: x(at), y: RATE[1] + 18, "text-anchor": at === last() ? "end" : "middle" }, thousands(step)));
    });
    parts.push(svg("text", { class: "lf-muted", x: width - RIGHT, y: RATE[1] + 34, "text-anchor": "end" }, "steps of training"));
    marks.line = svg("line", { class: "lf-tr-now", y1: 0, y2: RATE[1] });
    marks.rand = svg("circle", { class: "lf-tr-dot-rand", r: 4.5 });
    marks.error = svg("circle", { class: "lf-tr-dot-error", r: 4.5 });
    marks.scoreAt = scoreAt;
    drawing.replaceChildren(...parts, marks.line, marks.rand, marks.error);
  }

  let drawn = "";
  function draw() {
    if (!maps || gone) return;
    [runs, shows].forEach(({ update }) => update());
    const facts = get("facts")[get("run")];
    if (drawn !== get("run")) {
      drawn = get("run");
      film.forEach((canvas, at) => paint(canvas, frame(filmed(at)), SIDE, SIDE, [0, TOP]));
      bar.max = last();
      recipe.textContent = `${facts.recipe}.`;
      drawCurves();
      table.update(["steps", "loss", "V_Rand", "threshold", "wrong pixels", "learning rate"], facts.steps.map((step, at) => {
        const { loss, rate } = curvesOfRun();
        return [thousands(step), step < loss.length ? loss[step].toPrecision(3) : "–", facts.v_rand[at].toFixed(4), (facts.best[at] / TOP).toFixed(1), facts.share_of_wrong_pixels[at].toFixed(3), step < rate.length ? rate[step].toPrecision(2) : "–"];
      }));
    }
    const at = now(), cut = facts.best[at], levels = frame(at);
    const found = regions(levels.map((level) => (level > cut ? 1 : 0)), SIDE, SIDE);
    const became = fates(plane(1), found.numbers);
    paintPicture(levels, cut, found, became);
    picture.setAttribute("aria-label", `What the network predicts ${after(facts.steps[at])}, as ${get("show")}`);
    legend.replaceChildren(...{
      probability: ["White is cell, black membrane."],
      cells: [`Above ${(cut / TOP).toFixed(1)}, the best threshold now. One colour, one piece; its true cell's colour is on the right.`],
      mistakes: [element("b", { class: "lf-tr-missed" }, "Red"), ": membrane not seen. ", element("b", { class: "lf-tr-invented" }, "Blue"), `: membrane where cell is. Threshold ${(cut / TOP).toFixed(1)}.`],
    }[get("show")]);
    moment.textContent = after(facts.steps[at]);
    bar.value = at;
    bar.setAttribute("aria-valuetext", after(facts.steps[at]));
    result.replaceChildren(element("strong", {}, `V_Rand ${facts.v_rand[at].toFixed(4)}`), element("span", {}, `${(100 * facts.share_of_wrong_pixels[at]).toFixed(1)} % of the pixels wrong`));
    const total = became.alone + became.together + became.broken;
    fate.replaceChildren(`Of ${total} cells `, element("b", {}, `${became.alone}`), ` ${became.alone === 1 ? "stands" : "stand"} alone, `, element("b", {}, `${became.together}`), " have run together, ", element("b", {}, `${became.broken}`), " are in pieces or lost.");
    film.forEach((canvas, place) => canvas.classList.toggle("lf-tr-here", Math.floor((at * FILM) / (last() + 1)) === place));
    marks.line.setAttribute("x1", x(at));
    marks.line.setAttribute("x2", x(at));
    for (const [mark, values] of [[marks.rand, facts.v_rand], [marks.error, facts.share_of_wrong_pixels]]) {
      mark.setAttribute("cx", x(at));
      mark.setAttribute("cy", marks.scoreAt(values[at]));
    }
    scrub.setAttribute("aria-label", `Time line, ${after(facts.steps[at])}; left and right arrow keys move through the training.`);
    say(`${after(facts.steps[at])}: ${result.textContent}. ${fate.textContent}`);
  }
  const filmed = (place) => Math.round(((place + 0.5) * last()) / FILM);

  const onDrawing = placeOn(drawing, () => [width, HEIGHT]);
  pointing(scrub, {
    label: "Time line",
    sideways: true,
    at: () => [now(), 0],
    range: () => [last(), 0],
    place: (event) => [(last() * (onDrawing(event)[0] - LEFT)) / (width - LEFT - RIGHT), 0],
    go: ([at]) => go(at),
  });
  // seen for the first time it plays, once, unless the reader has begun already or wants no motion
  let begun = false;
  for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, () => (begun = true), true);
  const whenSeen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    whenSeen.disconnect();
    if (!begun && !stillness()) start();
  }, { threshold: 0.6 });
  const end = drawOnChange(model, ["run", "frame", "show"], draw);
  const resized = whenResized(root, () => {
    width = Math.max(280, drawing.clientWidth || 640);
    drawn = "";
    draw();
  });
  loadBytes(model, { maps: Uint8Array, frames: Uint8Array, curves: Float32Array }).then((loaded) => {
    if (gone) return;
    ({ maps, frames, curves } = loaded);
    paint(beside[0].canvas, plane(0), SIDE, SIDE, [0, 255]);
    fill(beside[1].canvas, (at) => colours[plane(1)[at]]);
    if (get("plays") && !("restored" in root.dataset)) { // a link leads to one frame
      change(model, { plays: false, frame: 0 }); // once, for all views of it
      whenSeen.observe(picture);
    }
    draw();
  });
  return () => {
    gone = true;
    clearTimeout(playing);
    whenSeen.disconnect();
    resized();
    end();
  };
}

export default liveFigure("TrainingReplay", build);
