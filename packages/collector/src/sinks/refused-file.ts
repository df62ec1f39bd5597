/** What a sink's other end will never take, kept as NDJSON with the reason: `oncewire replay` reads it when it is mended. */
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { RefusedEvent } from "./sink.js";

export async function keepRefused(path: string, refused: readonly RefusedEvent[]): Promise<void> {
  if (refused.length === 0) return;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, "a", 0o600);
  try {
    await file.appendFile(
      refused.map(({ event, reason }) => `${JSON.stringify({ ...event, refusal: reason })}\n`).join(""),
    );
    await file.datasync();
  } finally {
    await file.close();
  }
}
