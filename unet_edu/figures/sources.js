// Who computes for FeatureMaps: workers of the page, or a kernel. A source has
//
//     run({ image, size, off, outline }, onProgress)  → { ms, where, stages: [{ name, channels, size }], output: map,
//                                                       changed: names, where known }, or null where a later call came in between;
//                                                       outline: { image, off } whose outline is wanted before all else, or null
//     patch(name, x, y, side)                         → the values of a square of all channels of a stage, channel after channel
//     map(name, channel)                              → { size, data, low, high, mean, zeros, bins }
//     thumbnails(name, side), filters(name, channel, most), dispose()
//
// All but run refer to the last run.

const MOST_WORKERS = 4;

// What a worker needs, as text: a page from disk may load no file.
const IN_A_WORKER = [
  blank, framed, conv3x3, maxPool, upConv, crop, concat, conv1x1, softmax, silence, forwardPass, unet, thumbnails, statistics,
  stagesOf, rowsOf, packed, layOut, simdUnet, outlineOf, plainUnet, work,
];

// What every source of a page shares, and is made once: the kernels, and the networks by the bytes of their weights.
const networks = new WeakMap();
let kernels; // undefined: not made yet
const kernelsOnce = () => (kernels === undefined ? (kernels = kernelsHere()) : kernels);
function networkOf(bytes) {
  if (!networks.has(bytes)) networks.set(bytes, readNetwork(bytes));
  return networks.get(bytes);
}

/**
 * The shipped network, in workers, so that the page stays free. Each of them computes some rows of every map; the first
 * keeps all rows, and makes thumbnails and statistics of them. load() → Promise of the weights' bytes.
 * workers: how many at most; code: of the kernels, null for plain JavaScript, which one worker computes alone.
 */
export async function pageSource(load, workers = navigator.hardwareConcurrency ?? 1, code = kernelsOnce()) {
  const network = networkOf(await load());
  const many = code ? Math.max(Math.min(workers, MOST_WORKERS), 1) : 1;
  const address = URL.createObjectURL(new Blob([`${IN_A_WORKER.join("\n")}\nwork();`], { type: "text/javascript" }));
  const team = Array.from({ length: many }, () => new Worker(address));
  URL.revokeObjectURL(address);
  const ports = team.map(() => []);
  for (let one = 0; one < many; one += 1) {
    for (let other = 0; other < one; other += 1) {
      const { port1, port2 } = new MessageChannel();
      ports[one][other] = port1;
      ports[other][one] = port2;
    }
  }
  team.forEach((worker, me) => worker.postMessage({ network, code, me, ports: ports[me], workers: many }, ports[me].filter(Boolean)));

  const asked = new Map();
  let latest = 0, busy = null, waiting = null;
  function next() {
    if (busy || !waiting) return;
    [busy, waiting] = [{ ...waiting, parts: [] }, null];
    const { outline, ...job } = busy.job;
    team.forEach((worker, me) => worker.postMessage({ id: busy.id, ...job, outline: me ? null : outline }));
  }
  function finish() {
    const { parts, resolve } = busy;
    const { stages, ms } = parts[0];
    const { name, channels, size } = stages.at(-1);
    const data = new Float32Array(channels * size * size);
    for (const { rows: [from, to], output } of parts) {
      for (let channel = 0; channel < channels; channel += 1) {
        const part = output.subarray(channel * (to - from) * size, (channel + 1) * (to - from) * size);
        data.set(part, (channel * size + from) * size);
      }
    }
    busy = null;
    resolve({ ms: Math.max(ms, ...parts.map((part) => part.ms)), where: "this page", stages, changed: parts[0].changed, output: { name, channels, size, data } });
    next();
  }
  function fail(message) {
    const failed = [busy, ...asked.values()];
    busy = null;
    asked.clear();
    for (const each of failed) each?.reject(new Error(message));
    next();
  }
  team.forEach((worker, me) => {
    worker.onerror = ({ message }) => fail(message);
    worker.onmessage = ({ data }) => {
      if (data.error) fail(data.error);
      else if (data.answer !== undefined) {
        asked.get(data.id)?.resolve(data.answer);
        asked.delete(data.id);
      } else if (busy?.id !== data.id) return;
      else if (data.count) busy.onProgress?.({ share: data.count });
      else if (data.outline) busy.onProgress?.({ outline: data.outline });
      else {
        busy.parts[me] = data;
        if (busy.parts.filter(Boolean).length === many) finish();
      }
    };
  });
  const ask = (what) => new Promise((resolve, reject) => {
    const id = (latest += 1);
    asked.set(id, { resolve, reject });
    team[0].postMessage({ ...what, id });
  });
  return {
    run({ image, size, off = [], outline = null }, onProgress) {
      waiting?.resolve(null);
      return new Promise((resolve, reject) => {
        waiting = { id: (latest += 1), job: { image, size, off, outline }, onProgress, resolve, reject };
        next();
      });
    },
    map: (name, channel) => ask({ ask: "map", name, channel }),
    patch: (name, x, y, side) => ask({ ask: "patch", name, x, y, side }),
    thumbnails: (name, side) => ask({ ask: "thumbnails", name, side }),
    async filters(name, channel, most) {
      return filtersOf(network.tensors, name, channel, most);
    },
    dispose: () => team.forEach((worker) => worker.terminate()),
  };
}

/** Who computes with a kernel: unet_edu.figures.stages, by messages; a source like `pageSource`. */
export function kernelSource(model) {
  const open = new Map();
  let latest = 0, busy = false, waiting = null;
  const onReply = (message, buffers) => {
    const asked = open.get(message?.id);
    if (!asked) return;
    open.delete(message.id);
    if (message.type === "error") asked.reject(new Error(message.message));
    else asked.resolve([message, buffers]);
  };
  model.on("msg:custom", onReply);
  const ask = (content, buffers = []) => new Promise((resolve, reject) => {
    const id = `${(latest += 1)}-${Math.random()}`; // each of two views of a figure gets the replies to both
    open.set(id, { resolve, reject });
    model.send({ ...content, id }, undefined, buffers);
  });
  const bytes = (buffer) => buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
  const floats = (buffer) => new Float32Array(bytes(buffer));

  async function next() {
    if (busy || !waiting) return;
    const { job, resolve, reject } = waiting;
    [busy, waiting] = [true, null];
    try {
      const image = Float32Array.from(job.image);
      const [reply, [output]] = await ask({ type: "run", size: job.size, off: job.off ?? [] }, [image.buffer]);
      resolve({ ...reply, output: { ...reply.output, data: floats(output) } });
    } catch (error) {
      reject(error);
    }
    busy = false;
    next();
  }
  return {
    run(job) {
      waiting?.resolve(null);
      return new Promise((resolve, reject) => {
        waiting = { job, resolve, reject };
        next();
      });
    },
    async map(name, channel) {
      const [reply, [data]] = await ask({ type: "map", name, channel });
      const values = floats(data);
      return { size: reply.size, data: values, ...statistics(values) };
    },
    async patch(name, x, y, side) {
      const [, [data]] = await ask({ type: "patch", name, x, y, side });
      return floats(data);
    },
    async thumbnails(name, side) {
      const [reply, [greys]] = await ask({ type: "thumbnails", name, side });
      return { ...reply, greys: new Uint8Array(bytes(greys)) };
    },
    async filters(name, channel, most) {
      const [reply, [data]] = await ask({ type: "filters", name, channel, most });
      if (!reply.kernel) return null;
      const weights = floats(data);
      const area = reply.kernel ** 2;
      return { ...reply, strongest: reply.strongest.map((input, at) => ({ input, weights: weights.slice(at * area, (at + 1) * area) })) };
    },
    dispose() {
      model.off("msg:custom", onReply);
    },
  };
}
