import type { Handler } from "./router.js";

export interface Gate {
  /** Holds requests until the gate is open; nothing of their bodies is read before. */
  readonly handler: Handler;
  open(handler: Handler): void;
}

/** A collector listens before it can answer: whoever comes meanwhile waits instead of being turned away. */
export function createGate(): Gate {
  let open: (handler: Handler) => void = () => {};
  const opened = new Promise<Handler>((resolve) => (open = resolve));
  return {
    handler: async (request, response) => (await opened)(request, response),
    open: (handler) => open(handler),
  };
}
