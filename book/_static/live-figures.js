// Plays the host of live figures in a page that has no kernel: what anywidget does in JupyterLab and Colab, as far as
// the figures of unet_edu.figures need it. State and views come from the page itself, so it works from file:// too.

(() => {
  document.documentElement.dataset.scripts = ""; // the space of each figure is kept free for it
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';

  /** One figure's state. Several views may share it; save_changes and send have nobody to talk to. */
  class Model {
    constructor(state) {
      this.kernelless = true; // a host with a kernel has no such mark
      this.state = state;
      this.listeners = new Map();
    }
    get(key) {
      return this.state[key];
    }
    set(key, value) {
      const values = typeof key === "object" ? key : { [key]: value };
      const changed = Object.keys(values).filter((name) => this.state[name] !== values[name]);
      Object.assign(this.state, values);
      for (const name of changed) this.tell(`change:${name}`);
      if (changed.length) this.tell("change");
    }
    on(event, listener) {
      this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
    }
    off(event, listener) {
      if (!event) this.listeners.clear();
      else this.listeners.set(event, (this.listeners.get(event) ?? []).filter((one) => listener && one !== listener));
    }
    tell(event) {
      for (const listener of this.listeners.get(event) ?? []) listener();
    }
    save_changes() {}
    send() {}
  }

  function fromBase64(text) {
    const letters = atob(text);
    const bytes = new Uint8Array(letters.length);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = letters.charCodeAt(at);
    return new DataView(bytes.buffer);
  }

  /** Put the binary values of a state where they belong. */
  function withBuffers({ state, buffers = [] }) {
    for (const { path, data } of buffers) {
      const parent = path.slice(0, -1).reduce((part, key) => part[key], state);
      parent[path.at(-1)] = fromBase64(data);
    }
    return state;
  }

  // Weights lie in scripts beside this one, since a page from disk may load no other file. Each is loaded when a figure
  // first asks for it, once for all figures, and calls deliver().
  const FOLDER = new URL("weights/", document.currentScript.src);
  const asked = new Map();
  globalThis.unetEduWeights = {
    load(name) {
      if (!asked.has(name)) {
        const request = {};
        request.promise = new Promise((resolve, reject) => Object.assign(request, { resolve, reject }));
        const onerror = () => {
          asked.delete(name); // so that a later try may succeed
          request.reject(new Error(`the weights ${name} could not be loaded`));
        };
        asked.set(name, request);
        document.head.append(Object.assign(document.createElement("script"), { src: new URL(`${name}.js`, FOLDER), onerror }));
      }
      return asked.get(name).promise;
    },
    async deliver(name, text) { // as `packed` of live_figures.py wrote them
      const stream = new Blob([fromBase64(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
      const apart = new Uint8Array(await new Response(stream).arrayBuffer());
      const bytes = new Uint8Array(apart.length), evens = (apart.length + 1) >> 1;
      for (let at = 0; at < bytes.length; at += 1) bytes[at] = apart[at % 2 ? evens + (at >> 1) : at >> 1];
      asked.get(name)?.resolve(bytes.buffer);
    },
  };

  // Libraries that few readers need lie in vendor/ beside this script. load(…) fetches them one after the other, each once.
  const VENDOR = new URL("vendor/", document.currentScript.src);
  const vendored = new Map();
  globalThis.unetEduVendor = {
    addresses: (...names) => names.map((name) => new URL(name, VENDOR).href), // for a worker
    async load(...names) {
      for (const name of names) {
        if (!vendored.has(name)) {
          vendored.set(name, new Promise((resolve, reject) => {
            const onerror = () => {
              vendored.delete(name);
              reject(new Error(`the library ${name} could not be loaded`));
            };
            document.head.append(Object.assign(document.createElement("script"), { src: new URL(name, VENDOR), onload: resolve, onerror }));
          }));
        }
        await vendored.get(name);
      }
    },
  };

  const modules = new Map(); // by their text: two figures of a kind share one
  function load(text) {
    if (!modules.has(text)) {
      const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      modules.set(text, import(address));
    }
    return modules.get(text);
  }

  const styles = new Set();
  function addStyle(text) {
    if (!text || styles.has(text)) return;
    styles.add(text);
    document.head.append(Object.assign(document.createElement("style"), { textContent: text }));
  }

  /** Whether the reader asked for less data: then what loads more than the page holds waits until it is wanted. */
  const saving = () => matchMedia("(prefers-reduced-data: reduce)").matches || navigator.connection?.saveData === true;

  /** Put a button before a figure that would load the weights of a network; resolves when it is pressed. */
  function wanted(view) {
    const words = "Load this figure (1.3 MB)";
    const button = Object.assign(document.createElement("button"), { type: "button", className: "live-figure-load", textContent: words });
    view.closest("figure")?.setAttribute("data-waiting", "");
    view.before(button);
    return new Promise((pressed) => (button.onclick = () => {
      button.remove();
      view.closest("figure")?.removeAttribute("data-waiting");
      pressed();
    }));
  }

  async function start() {
    const saved = Object.assign({}, ...[...document.querySelectorAll(STATE)].map((tag) => JSON.parse(tag.textContent).state));
    const models = new Map();
    const views = [...document.querySelectorAll(VIEW)].map((view) => [view, JSON.parse(view.textContent).model_id]);
    const ours = views.filter(([, id]) => saved[id]?.state._esm);
    for (const [, id] of ours) load(saved[id].state._esm).catch(() => {}); // all at once; who fails is told below
    const show = async (view, id) => {
      if (!models.has(id)) models.set(id, new Model(withBuffers(saved[id])));
      const model = models.get(id);
      const figure = view.closest("figure.live-figure-frame");
      const el = Object.assign(document.createElement("div"), { className: "live-figure-host" });
      try {
        const { default: widget } = await load(model.get("_esm"));
        addStyle(model.get("_css"));
        view.before(el);
        figure?.setAttribute("data-live", ""); // hides the poster; first, for what is hidden has no width
        await widget.render({ model, el });
      } catch (error) {
        el.remove();
        figure?.removeAttribute("data-live"); // the poster stays
        figure?.setAttribute("data-failed", "");
        console.error(error);
      }
    };
    for (const [view, id] of ours) {
      if (saving() && saved[id].state._esm.includes("unetEduWeights.load(")) wanted(view).then(() => show(view, id));
      else await show(view, id);
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();

  // Formulas are set after the figures, and the browser restores a place before that: who comes back is led there once more.
  async function keepPlace() {
    const key = `place ${location.pathname}`, place = Number(sessionStorage.getItem(key));
    addEventListener("pagehide", () => sessionStorage.setItem(key, scrollY));
    if (performance.getEntriesByType("navigation")[0]?.type !== "back_forward" || !place) return;
    let moved = false; // by the reader
    for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) addEventListener(kind, () => (moved = true), { once: true, passive: true });
    await new Promise((done) => (document.readyState === "complete" ? done() : addEventListener("load", done)));
    await globalThis.MathJax?.startup?.promise;
    if (!moved) scrollTo({ top: place, behavior: "instant" });
  }
  keepPlace();
})();
