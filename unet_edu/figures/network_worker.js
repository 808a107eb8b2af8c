// What a worker does that runs a network in a page: it takes the network once, then images and questions, one after the
// other, images first. Of several workers each computes some rows; questions go to the first.
//
//     page ─▶ { image, size, off }  ─▶ ┌ worker 0: rows 0 … 41  ─▶ its rows of the output ─▶ page
//                                      │     ▲▼ rows near the border, after each shared stage
//                                      └ worker 1: rows 42 … 83 ─▶ its rows of the output ─▶ page
//     page ─▶ { ask: "map", name, … } ─▶   worker 0, which takes the other rows of that stage from the others

/**
 * The outline of an answer: what the network makes of the middle of an image alone, with zeros around every map instead
 * of what surrounds it. { side, around }: pixels of the square that it sees, and of its edge that is no answer. Six pixels
 * around the answer are enough for 98 of 100 labels to be those of the whole answer.
 */
function outlineOf(answer, depth) {
  const step = 2 ** depth;
  const side = step * Math.ceil((answer + 2 * 6) / step);
  return { side, around: (side - answer) / 2 };
}

/** engine.js's `unet` with what `simdUnet` has: run, map, stages, for a browser without SIMD. */
function plainUnet(network, count) {
  let maps = {};
  return {
    get stages() {
      return Object.entries(maps).map(([name, { channels, size }]) => ({ name, channels, size }));
    },
    async run(image, off, _, size) {
      maps = unet(image, size, network, off, count);
      return Object.keys(maps);
    },
    map(name, channel, from = 0, to = maps[name].size) {
      const { size, data } = maps[name];
      return data.slice((channel * size + from) * size, (channel * size + to) * size);
    },
  };
}

/** The worker's whole life. */
function work() {
  let network, code, me, ports, workers;
  let current = null, middle = null; // networks of the size asked for last, and of its outline
  const arrivals = new Map(); // by run, stage and sender: rows that came, or who waits for them
  let now = 0, done = 0; // the ids of the run under way and of the last one that ended
  const waiting = []; // what waits for the end of a run
  const whole = new Set(), small = new Map(); // stages of which all rows are here; their thumbnails

  const keyed = (key) => {
    if (!arrivals.has(key)) {
      const entry = {};
      entry.promise = new Promise((resolve) => (entry.resolve = resolve));
      arrivals.set(key, entry);
    }
    return arrivals.get(key);
  };
  const receive = async (key) => {
    const message = await keyed(key).promise;
    arrivals.delete(key);
    return message;
  };
  const overlap = ([from, to], [first, end]) => [Math.max(from, first), Math.min(to, end)];

  /** Send others the rows of a stage that they need of mine, and wait for those that I need of theirs. */
  async function exchange(stage) {
    const { name } = stage;
    const all = current.all;
    ports.forEach((port, other) => { // there is none to oneself
      const [from, to] = overlap(all[me].rows[name], all[other].needs[name]);
      if (from < to) {
        const numbers = current.cut(name, from, to);
        port.postMessage({ key: `${now} ${name} ${me}`, from, to, numbers }, [numbers.buffer]);
      }
    });
    for (let other = 0; other < workers; other += 1) {
      if (other === me) continue;
      const [from, to] = overlap(all[other].rows[name], all[me].needs[name]);
      if (from >= to) continue;
      const { numbers } = await receive(`${now} ${name} ${other}`);
      current.paste(name, from, to, numbers);
    }
  }

  /** The first worker gets the rows of a stage that others computed, once it is asked about it. */
  async function complete(name) {
    const source = name.startsWith("skip") ? name.replace("skip", "d").replace("after", "relu2") : name;
    if (workers === 1 || whole.has(source)) return;
    for (const port of ports) port?.postMessage({ want: source, run: now });
    for (let other = 1; other < workers; other += 1) {
      const { from, to, numbers } = await receive(`${now} all ${source} ${other}`);
      current.paste(source, from, to, numbers);
    }
    whole.add(source);
  }

  /** What the first worker asked for, as soon as the run that it means is over. */
  async function hand({ want, run: wanted }) {
    if (done < wanted) await new Promise((resolve) => waiting.push(resolve));
    const [from, to] = current.rows[want];
    const numbers = current.cut(want, from, to);
    ports[0].postMessage({ key: `${wanted} all ${want} ${me}`, from, to, numbers }, [numbers.buffer]);
  }

  async function outline({ image, off }, size) {
    const answer = current.stages.at(-1).size;
    const { side, around } = outlineOf(answer, network.depth);
    if (side >= size) return;
    if (middle?.size !== side) middle = Object.assign(simdUnet({ ...network, padding: 1 }, code, side), { size: side });
    const edge = (size - side) / 2;
    const part = new Float32Array(side * side);
    for (let y = 0; y < side; y += 1) part.set(image.subarray((y + edge) * size + edge, (y + edge) * size + edge + side), y * side);
    await middle.run(part, off);
    const { channels } = current.stages.at(-1);
    const data = new Float32Array(channels * answer * answer);
    for (let channel = 0; channel < channels; channel += 1) {
      const plane = middle.map("output", channel);
      for (let y = 0; y < answer; y += 1) {
        const from = (y + around) * side + around;
        data.set(plane.subarray(from, from + answer), (channel * answer + y) * answer);
      }
    }
    postMessage({ id: now, outline: { channels, size: answer, data } });
  }

  async function run({ id, image, size, off, outline: first }) {
    now = id;
    const start = performance.now();
    if (!code) current ??= plainUnet(network, (count) => postMessage({ id: now, count: count / (7 * network.depth + 5) }));
    else if (current?.size !== size) {
      current = Object.assign(simdUnet(network, code, size, me, workers), { size });
      current.all = Array.from({ length: workers }, (_, each) => rowsOf(current.order, each, workers));
    }
    if (code && first && me === 0) await outline(first, size);
    const changed = await current.run(image, off, workers > 1 ? exchange : null, size);
    done = id;
    for (const resolve of waiting.splice(0)) resolve();
    for (const name of changed) {
      whole.delete(name);
      small.delete(name);
    }
    const { name, channels, size: side } = current.stages.at(-1);
    const rows = current.rows?.[name] ?? [0, side];
    const output = new Float32Array(channels * (rows[1] - rows[0]) * side);
    for (let channel = 0; channel < channels; channel += 1) {
      output.set(current.map(name, channel, ...rows), channel * (rows[1] - rows[0]) * side);
    }
    postMessage({ id, rows, output, stages: current.stages, changed, ms: performance.now() - start }, [output.buffer]);
  }

  /** A question to the first worker about the last run. */
  async function answer({ id, ask, name, channel, side, x, y }) {
    const { channels, size } = current.stages.find((stage) => stage.name === name);
    await complete(name);
    if (ask === "map") {
      const data = current.map(name, channel);
      postMessage({ id, answer: { size, data, ...statistics(data) } }, [data.buffer]);
      return;
    }
    if (ask === "patch") {
      const patch = new Float32Array(channels * side * side);
      for (let each = 0; each < channels; each += 1) {
        const rows = current.map(name, each, y, y + side);
        for (let row = 0; row < side; row += 1) patch.set(rows.subarray(row * size + x, row * size + x + side), (each * side + row) * side);
      }
      postMessage({ id, answer: patch }, [patch.buffer]);
      return;
    }
    if (small.get(name)?.asked !== side) {
      const data = new Float32Array(channels * size * size);
      for (let each = 0; each < channels; each += 1) data.set(current.map(name, each), each * size * size);
      small.set(name, { ...thumbnails({ channels, size, data }, side), asked: side });
    }
    postMessage({ id, answer: small.get(name) });
  }

  const inbox = [];
  let busy = false;
  const turns = new MessageChannel(); // a message to oneself: what came before it is in the inbox then
  turns.port1.onmessage = next;

  /** A run goes before questions that came earlier: what they are about is out of date. */
  async function next() {
    const [job] = inbox.splice(Math.max(inbox.findIndex(({ ask }) => !ask), 0), 1);
    await (job.ask ? answer(job) : run(job)).catch((error) => postMessage({ error: error.message }));
    busy = inbox.length > 0;
    if (busy) turns.port2.postMessage(null);
  }
  onmessage = ({ data }) => {
    if (data.network) {
      ({ network, code, me, ports, workers } = data);
      ports.forEach((port) => (port.onmessage = ({ data: message }) => (message.want ? hand(message) : keyed(message.key).resolve(message))));
      return;
    }
    inbox.push(data);
    if (busy) return;
    busy = true;
    if (data.ask) turns.port2.postMessage(null);
    else next();
  };
}
