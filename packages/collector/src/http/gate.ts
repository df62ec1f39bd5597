import type { Handler } from "./router.js";

export interface Gate {
  /** Holds requests until the gate is open; nothing of their bodies is read before. */
  readonly handler: Handler;
  open(handler: Handler): void;
}

/** A collector listens before it can answer: whoever comes meanwhile waits instead of being turned away. */
export function createGate(): Gate {
  let resolve: (handler: Handler) => void = () => {};
  const opening = new Promise<Handler>((done) => (resolve = done));
  let opened: Handler = async (request, response) => (await opening)(request, response);
  return {
    handler: (request, response) => opened(request, response),
    open: (handler) => {
      opened = handler;
      resolve(handler);
    },
  };
}
