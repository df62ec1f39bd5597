import type { AcceptLog, LoggedRequest } from "../log/accept-log.js";

export type RequestLog = Pick<AcceptLog, "read" | "first" | "durable">;

/** The requests at these positions, as far as the log still has them. One read brings many of them where they are near. */
export async function findRequests(
  log: RequestLog,
  positions: Iterable<number>,
): Promise<ReadonlyMap<number, LoggedRequest>> {
  const wanted = new Set(positions);
  const found = new Map<number, LoggedRequest>();
  for (const position of [...wanted].toSorted((one, other) => one - other)) {
    if (found.has(position) || position < log.first || position >= log.durable) continue;
    const { requests } = await log.read(position);
    for (const request of requests) if (wanted.has(request.position)) found.set(request.position, request);
  }
  return found;
}
