/** One message of a `text/event-stream` (WHATWG HTML, "Server-sent events"). */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string;
}

/** The messages of a stream; what is cut off at its end is no message. */
export async function* readServerSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const message = readMessage(part);
      if (message !== null) yield message;
    }
  }
}

function readMessage(text: string): ServerSentEvent | null {
  const fields = { event: "message", data: "", id: "" };
  for (const line of text.split("\n")) {
    const [, name, value = ""] = /^(event|data|id): ?(.*)$/.exec(line) ?? [];
    if (name === "event" || name === "data" || name === "id") fields[name] = value;
  }
  return fields.data === "" ? null : fields;
}
