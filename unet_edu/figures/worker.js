// Work that would hold up the page: functions in a worker of their own, handed over as text, since a page from disk may load no file.

/**
 * A worker that has these functions (function declarations, by their text) and constants: { ask, dispose }.
 * ask(name, ...given) resolves to what the function of that name returns there; what it throws is thrown here. Arrays that
 * stand at the top of an answer are handed over, not copied.
 */
export function workerOf(functions, constants = {}) {
  const known = Object.entries(constants).map(([name, value]) => `let ${name} = ${JSON.stringify(value)};`);
  const table = `const functions = { ${functions.map(({ name }) => name).join(", ")} };`;
  const address = URL.createObjectURL(new Blob([[...known, ...functions, table, `(${answering})(functions);`].join("\n")], { type: "text/javascript" }));
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  const open = new Map();
  let count = 0;
  worker.onmessage = ({ data: { id, answer, error } }) => {
    const { resolve, reject } = open.get(id);
    open.delete(id);
    if (error === undefined) resolve(answer);
    else reject(new Error(error));
  };
  return {
    ask: (name, ...given) => new Promise((resolve, reject) => {
      open.set((count += 1), { resolve, reject });
      worker.postMessage({ id: count, name, given });
    }),
    dispose: () => worker.terminate(),
  };
}

/** In the worker: answer one question after the other. */
function answering(functions) {
  let before = Promise.resolve();
  onmessage = ({ data: { id, name, given } }) => {
    before = before.then(() => functions[name](...given)).then(
      (answer) => postMessage({ id, answer }, Object.values(answer ?? {}).filter(ArrayBuffer.isView).map(({ buffer }) => buffer)),
      (error) => postMessage({ id, error: error.message }),
    );
  };
}
