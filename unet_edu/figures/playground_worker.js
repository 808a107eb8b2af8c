// Who trains for Playground: a worker of the page, a kernel, or nobody: a recorded run is played. A trainer has
//
//     start(config)      a run from its first weights; what it shows before the first step is reported
//     until(step)        take steps up to this one; a smaller number stops it
//     stage(name)        whose maps the reports hold
//     dispose()
//
// and reports, some times a second: { steps: [{ step, loss, rate }], look, maps, ended }; look: as look() of
// playground_run.js, on occasion; maps: { name, side, greys, channels } with it; ended: "nan" where a loss was no number.
// A worker's first report has pace, too: the milliseconds of a look, the least of some.

const SLICE = 25, BETWEEN_LOOKS = 120, THUMBNAIL = 44; // milliseconds, milliseconds at least, pixels
const LOOKING = 0.25; // the share of the time that goes into looks, at most
const PROBES = 3; // looks that are timed where the first takes longer than PACE milliseconds
const PACE = 100;
const RECORDED = 60; // milliseconds between two steps of a recorded run

/** The worker's whole life. */
function trainHere() {
  let run = null, pictures = null, code = null, until = 0, done = 0, ended = "", due = null, nextLook = 0, stage = "", number = 0;

  function shown() {
    const start = performance.now(), look = run.look();
    const name = run.stages.includes(stage) ? stage : run.stages.at(-2);
    const map = run.map(name);
    const { side, greys } = thumbnails(map, THUMBNAIL);
    const taken = performance.now() - start;
    nextLook = performance.now() + Math.max(BETWEEN_LOOKS, taken / LOOKING - taken);
    return { look, maps: { name, side, greys, channels: map.channels, size: map.size, stages: run.stages } };
  }
  function go() {
    due = null;
    const steps = [], start = performance.now();
    while (done < until && !ended && performance.now() - start < SLICE) {
      const { step, loss, rate } = run.step();
      done = step;
      steps.push({ step, loss, rate });
      if (!Number.isFinite(loss)) ended = "nan";
    }
    const pause = done >= until || ended;
    const report = { number, steps, ended };
    if (pause || performance.now() > nextLook) Object.assign(report, shown());
    postMessage(report);
    if (!pause) due = setTimeout(go);
  }
  onmessage = ({ data }) => {
    if (data.pictures) ({ pictures, code } = data);
    if (data.config) {
      clearTimeout(due);
      [due, until, done, ended, number] = [null, 0, 0, "", data.number];
      run = makeRun(data.config, pictures, code);
      const timed = (act) => {
        const start = performance.now();
        return [act(), performance.now() - start];
      };
      let [first, pace] = timed(shown);
      for (let probe = 1; probe < PROBES && pace > PACE; probe += 1) pace = Math.min(pace, timed(run.look)[1]);
      postMessage({ number, steps: [], ended, parameters: run.parameters, pace, ...first });
    }
    if (data.stage) {
      stage = data.stage;
      if (run && !due) postMessage({ number, steps: [], ended, ...shown() });
    }
    if (data.until !== undefined) {
      until = data.until;
      if (run && !due && done < until && !ended) due = setTimeout(go);
    }
  };
}

// What a worker needs, as text: a page from disk may load no file.
const FOR_TRAINING = {
  blank, framed, conv3x3, maxPool, upConv, crop, concat, conv1x1, thumbnails, parametersOf, dropsOut, answerSize, viewOf, stretched, handOver,
  handBack, reluBack, conv3x3Back, unframed, maxPoolBack, upConvBack, conv1x1Back, lossOf, plainLearner, randomFrom, gaussian, drawWeights,
  rateAt, makeOptimiser, clipGradient, trainingStep, simdLearner, regions, thin, sharedPixels, fates, randScore, bestRand, mirrored, bending, cutTile,
  covering, makeRun, trainHere, BATCH, TILES, THRESHOLDS, SLICE, BETWEEN_LOOKS, LOOKING, THUMBNAIL, PROBES, PACE,
};

/** A trainer in a worker. pictures: of makeRun; report(what) is called with each report. */
function pageTrainer(pictures, report, code = learningKernels()) {
  const text = Object.entries(FOR_TRAINING).map(([name, value]) => `const ${name} = ${typeof value === "function" ? value : JSON.stringify(value)};`);
  const address = URL.createObjectURL(new Blob([`${text.join("\n")}\ntrainHere();`], { type: "text/javascript" }));
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  let number = 0;
  worker.onmessage = ({ data }) => data.number === number && report(data); // not of a run that was given up
  worker.onerror = ({ message }) => report({ steps: [], error: message });
  worker.postMessage({ pictures, code });
  return {
    where: "this page",
    start: (config) => worker.postMessage({ config, number: (number += 1) }),
    until: (step) => worker.postMessage({ until: step }),
    stage: (name) => worker.postMessage({ stage: name }),
    dispose: () => worker.terminate(),
  };
}

/** A trainer on a kernel: unet_edu.figures.learner, a few steps a message. id: tells it from another one of the figure. */
function kernelTrainer(model, report, id) {
  let until = 0, done = 0, busy = false, ended = "", number = 0, config = null, stage = "", lastLook = 0;
  const trainer = { where: "the kernel" };
  const ask = (what) => {
    busy = true;
    model.send({ type: "train", id, number, stage, ...what });
  };
  const next = () => {
    if (busy) return;
    if (config) {
      [done, ended] = [0, ""];
      ask({ config, until: 0 });
      config = null;
    } else if (done < until && !ended) ask({ until: Math.min(until, done + 5), look: Date.now() - lastLook > BETWEEN_LOOKS || done + 5 >= until });
  };
  const onReply = (message, buffers) => {
    if (message?.type !== "trained" || message.id !== id) return;
    busy = false;
    if (message.number === number) {
      done = message.steps.at(-1)?.step ?? done;
      ended = message.ended ?? "";
      trainer.where = message.where ?? trainer.where;
      const bytes = (buffers ?? []).map((part) => new Uint8Array(part.buffer ? part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength) : part));
      if (message.look) {
        lastLook = Date.now();
        message.look.probability = new Float32Array(bytes[0].buffer);
        message.maps.greys = bytes[1];
      }
      report(message);
    }
    next();
  };
  model.on("msg:custom", onReply);
  return Object.assign(trainer, {
    start(what) {
      [config, until, number] = [what, 0, number + 1];
      next();
    },
    until(step) {
      until = step;
      next();
    },
    stage(name) {
      stage = name;
      if (!busy && !config) ask({ until: done, look: true });
    },
    dispose: () => model.off("msg:custom", onReply),
  });
}

/** A trainer that plays the run of Playground.record; frames: its pictures, one after the other, 0 to record.shades. */
function recordedTrainer({ losses, rates, looks, shades }, report, frames) {
  const area = frames.length / looks.length;
  const lookAt = (step) => {
    const at = looks.findIndex((look) => look.step === step);
    if (at < 0) return {};
    return { look: { ...looks[at], probability: Float32Array.from(frames.subarray(at * area, (at + 1) * area), (shade) => shade / shades) } };
  };
  let until = 0, done = 0, due = null;
  const go = () => {
    due = null;
    if (done >= until || done >= losses.length) return;
    const loss = losses[done] ?? NaN;
    done += 1;
    const ended = Number.isFinite(loss) ? "" : "nan";
    if (done < until && !ended) due = setTimeout(go, RECORDED);
    report({ steps: [{ step: done, loss, rate: rates[done - 1] }], ended, ...lookAt(done) });
  };
  return {
    where: "a recording",
    start() {
      clearTimeout(due);
      [done, until] = [0, 0];
      due = setTimeout(() => {
        report({ steps: [], ended: "", ...lookAt(0) });
        go();
      });
    },
    until(step) {
      until = step;
      due ??= setTimeout(go);
    },
    stage() {},
    dispose: () => clearTimeout(due),
  };
}
