/**
 * The id service of an emitter: an address that is asked with GET, once, before the first request of events. Nothing is
 * made of its answer, for a server keeps no cookies; and whatever it answers, the events go.
 */
import { TrackerError } from "../../errors.js";
import type { TransportNeeds } from "../../delivery/destination.js";
import type { Reply, Transport } from "../../transport/transport.js";

export type OpenTransport = (url: URL, needs: TransportNeeds) => Transport;

export interface IdServiceOptions {
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Told why, where the service did not take the request. */
  readonly onFailure: (reason: string) => unknown;
}

const aborted: Reply = { kind: "failed", reason: "aborted", detail: "given up before an answer came" };

export class IdService {
  readonly #url: URL;
  readonly #options: IdServiceOptions;
  #asked: Promise<void> | null = null;

  /** Throws a `TrackerError` for what is no address. */
  constructor(options: IdServiceOptions) {
    this.#url = serviceUrl(options.address);
    this.#options = options;
  }

  /** Transports whose first request waits for the service. */
  before(open: OpenTransport): OpenTransport {
    return (url, needs) => {
      const events = open(url, needs);
      const service = open(new URL(this.#url.origin), needs);
      let era = 0;
      return {
        send: async (request) => {
          const begun = era;
          await (this.#asked ??= this.#ask(service));
          return era === begun ? events.send(request) : aborted;
        },
        abort: () => {
          era += 1;
          service.abort();
          events.abort();
        },
      };
    };
  }

  async #ask(service: Transport): Promise<void> {
    const { pathname: path, search } = this.#url;
    const { headers, onFailure } = this.#options;
    const reply = await service.send({ method: "GET", path, query: search.slice(1), headers, body: new Uint8Array() });
    if (reply.kind === "failed") onFailure(reply.detail);
    else if (reply.response.status >= 400) onFailure(`status ${reply.response.status}`);
  }
}

function serviceUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url !== null && (url.protocol === "https:" || url.protocol === "http:")) return url;
  throw new TrackerError("E_OPTION", "idService", "`idService` must be an http or https address, got another value.");
}
