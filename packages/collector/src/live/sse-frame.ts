/**
 * One message of a `text/event-stream` (WHATWG HTML, "Server-sent events"). JSON text holds no line break of its own,
 * so one `data:` line carries it; `event` and `id` are the feed's own words, never data.
 */
export function sseFrame(event: string, json: string, id?: string): Buffer {
  const idLine = id === undefined ? "" : `id: ${id}\n`;
  return Buffer.from(`${idLine}event: ${event}\ndata: ${json}\n\n`);
}
