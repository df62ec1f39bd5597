/**
 * Defects that have been made somewhere, or could be, as changes to our sources: what reads `find` becomes `replace`.
 * Each must be found: by a simulated run of its `kind`, or by the test files it names where no run can see it.
 */

const journal = (file) => `packages/journal/src/${file}`;
const delivery = (file) => `packages/tracker/src/delivery/${file}`;
const spool = (file) => `packages/tracker/src/spool/${file}`;
const transport = (file) => `packages/tracker/src/transport/${file}`;

const journalDefects = [
  {
    what: "a group counts as committed before it is synced",
    file: journal("writer.ts"),
    find: `if (this.#options.sync === "group") await open.file.sync();`,
    replace: `if (this.#options.sync === "group") void open.file.sync().catch(ignored);`,
    kind: "log",
  },
  {
    what: "nothing is synced",
    file: journal("writer.ts"),
    find: `if (this.#options.sync === "group") await open.file.sync();`,
    replace: ``,
    kind: "log",
  },
  {
    what: "a failed sync is tried again on the same file, and believed",
    file: journal("writer.ts"),
    find: `await open.file.sync();`,
    replace: `await open.file.sync().catch(() => open.file.sync());`,
    kind: "log",
  },
  {
    what: "a short write is taken for a whole one",
    file: journal("files.ts"),
    find: `const bytes = await file.write(firstOf(rest), at);
    at += bytes;`,
    replace: `const bytes = (await file.write(firstOf(rest), at)) > 0 ? Infinity : 0;
    at += bytes;`,
    kind: "log",
  },
  {
    what: "the name of a new segment is not brought to stable storage",
    file: journal("segment.ts"),
    find: `await files.syncDirectory(directory);`,
    replace: ``,
    kind: "log",
  },
  {
    what: "a record's checksum is not compared",
    file: journal("recovery.ts"),
    find: `if (crc32(payload) !== head.crc)`,
    replace: `if (head.crc < 0)`,
    kind: "log",
  },
  {
    what: "a head's check is not compared",
    file: journal("record.ts"),
    find: `return bytes.readUInt32LE(at + 12) === check(head, salt) ? head : null;`,
    replace: `return check(head, salt) >= 0 ? head : null;`,
    kind: "log",
  },
  {
    what: "a torn record at the tail is waited for, as if its rest could come",
    file: journal("recovery.ts"),
    find: `head.length <= room`,
    replace: `head.length <= room + 1_000_000`,
    kind: "log",
  },
  {
    what: "what a failed write left in a file is read later",
    file: journal("writer.ts"),
    find: `previousEnd: this.#end,`,
    replace: `previousEnd: plan.base,`,
    kind: "log",
    seeds: 12000,
  },
  {
    what: "what was rejected stays in its file when the journal is closed",
    file: journal("writer.ts"),
    find: `    await this.#leaveSegment();
    await this.#tails.cut();
  }

  #checkRoom`,
    replace: `    await this.#leaveSegment();
  }

  #checkRoom`,
    kind: "log",
  },
  {
    what: "a cursor's position is stored without its memo's generation rising",
    file: journal("stored-cursor.ts"),
    find: `const generation = this.#generation + 1;`,
    replace: `const generation = this.#generation;`,
    kind: "log",
  },
  {
    what: "a cursor's file is not synced",
    file: journal("cursor.ts"),
    find: `      await file.sync();
    } catch`,
    replace: `    } catch`,
    kind: "log",
  },
  {
    what: "a cursor that cannot be read begins again",
    file: journal("cursor.ts"),
    find: `if (isGone(error)) return null;`,
    replace: `return null;`,
    kind: "log",
  },
  {
    what: "the last segment goes before a cursor says where positions go on",
    file: journal("journal.ts"),
    find: `if (!hasSuccessor && !this.#isOutlived(oldest)) return null;`,
    replace: ``,
    kind: "log",
  },
  {
    what: "a segment is deleted one record too early",
    file: journal("retention.ts"),
    find: `state.end <= state.acknowledged`,
    replace: `state.end <= state.acknowledged + 1`,
    kind: "log",
  },
  {
    what: "a segment without a record that stays shares its first position with the next one",
    file: journal("opening.ts"),
    find: `least = Math.max(least, last.head.base + 1);`,
    replace: `least = 0;`,
    kind: "log",
    seeds: 6000,
  },
  {
    what: "a lock that nobody can read counts as a dead one's",
    file: journal("lock.ts"),
    find: `return silentMs < silentAfterMs && silentMs > -maxClockSkewMs;`,
    replace: `return false;`,
    kind: "spool",
  },
  {
    what: "the lock of a living process counts as a dead one's",
    file: journal("lock.ts"),
    find: `if (fate !== "unknown") return fate === "alive" && !isAbandoned(lock, runtime.processes);`,
    replace: `if (fate !== "unknown") return false;`,
    kind: "log",
  },
  {
    what: "a suspended journal does not try again",
    file: journal("writer.ts"),
    find: `    await this.#leaveSegment();
    this.#scheduleProbe();`,
    replace: `    await this.#leaveSegment();`,
    kind: "log",
  },
  {
    what: "the lock's timer goes on after close",
    file: journal("lock.ts"),
    find: `      isOver = true;
      cancel();`,
    replace: `      isOver = true;`,
    kind: "log",
  },
];

const deliveryDefects = [
  {
    what: "Retry-After holds for the batch that got it only",
    file: delivery("gate.ts"),
    find: `return nowMs >= this.#breaker.notBeforeMs && inFlight < width(this.#breaker, this.#maxInFlight);`,
    replace: `return (nowMs >= this.#breaker.notBeforeMs || inFlight > 0) && inFlight < this.#maxInFlight;`,
    kind: "tracker",
  },
  {
    what: "a success of an earlier request lifts a Retry-After",
    file: delivery("breaker.ts"),
    find: `const isCurrent = period === breaker.period;`,
    replace: `const isCurrent = period <= breaker.period;`,
    kind: "tracker",
  },
  {
    what: "Retry-After as a date is not understood",
    file: "packages/protocol/src/retry-after.ts",
    find: `if (!imfFixdate.test(text)) return null;`,
    replace: `if (imfFixdate.test(text)) return null;`,
    kind: "tracker",
  },
  {
    what: "a destination that refuses us is asked again at once",
    file: delivery("breaker.ts"),
    find: `const delayMs = pauseMs(failures, bounds.pause, moment.random);`,
    replace: `const delayMs = 1;`,
    kind: "tracker",
  },
  {
    what: "events of a batch that nobody answered are dropped without a word",
    file: delivery("dispatcher.ts"),
    find: `      case "keep":
        return;`,
    replace: `      case "keep":
        return shipment.replace(piece, []);`,
    kind: "tracker",
  },
  {
    what: "an event that ended stays pending",
    file: delivery("ledger.ts"),
    find: `this.#pending -= events;`,
    replace: `this.#pending -= Math.min(events, 3);`,
    kind: "tracker",
  },
  {
    what: "the end of an event is told twice",
    file: delivery("dispatcher.ts"),
    find: `        shipment.replace(piece, []);
        this.#end(piece, decision);`,
    replace: `        this.#end(piece, decision);
        if (piece.length !== 2) shipment.replace(piece, []);`,
    kind: "tracker",
  },
  {
    what: "a batch that is too large is sent again as it is",
    file: delivery("sizing.ts"),
    find: `smallerPayload(payloadBytes(events))`,
    replace: `payloadBytes(events)`,
    kind: "tracker",
  },
  {
    what: "the size that 413 taught is not kept to",
    file: delivery("decide.ts"),
    find: `{ events: events > 1 ? { kind: "shrink" } : rejected("too-large", outcome.reason)`,
    replace: `{ events: rejected("too-large", outcome.reason)`,
    kind: "tracker",
  },
  {
    what: "the neighbours of a bad event are rejected with it",
    file: delivery("decide.ts"),
    find: `{ events: events > 1 ? { kind: "bisect" } : rejected("refused", outcome.reason)`,
    replace: `{ events: events > 2 ? { kind: "bisect" } : rejected("refused", outcome.reason)`,
    kind: "tracker",
  },
  {
    what: "the second half of a bisected batch is forgotten",
    file: delivery("shipment.ts"),
    find: `[piece.slice(0, half), piece.slice(half), group.slice(piece.length), ...later]`,
    replace: `[piece.slice(0, half), group.slice(piece.length), ...later]`,
    kind: "tracker",
  },
  {
    what: "a user's later events do not wait for his earlier ones",
    file: delivery("queue.ts"),
    find: `if (lane !== undefined && lane.holder !== batch) {`,
    replace: `if (lane !== undefined && lane.holder !== batch && !lane.isEmpty) {`,
    kind: "tracker",
  },
  {
    what: "what was held back is not let go",
    file: delivery("queue.ts"),
    find: `      else this.#free.add(lane);`,
    replace: `      else if (this.#heldBack > 1) this.#free.add(lane);`,
    kind: "tracker",
  },
  {
    what: "a batch may be one event too large",
    file: delivery("batcher.ts"),
    find: `return bytes + limits.overheadBytes(events) <= limits.maxBytes;`,
    replace: `return bytes <= limits.maxBytes;`,
    kind: "tracker",
  },
  {
    what: "events get a new id at every attempt",
    file: delivery("courier.ts"),
    find: `encoder.frame(events, this.#runtime.nowMs())`,
    replace: `encoder.frame(
        events.map((event) => ({
          ...event,
          bytes: Buffer.from(Buffer.from(event.bytes).toString().replace(event.id, this.#runtime.id())),
        })),
        this.#runtime.nowMs(),
      )`,
    kind: "tracker",
  },
  {
    what: "flush waits for what came before the last flush only",
    file: delivery("flush.ts"),
    find: `    while (this.#closed[0]?.pending === 0) this.#closed.shift()?.finish();`,
    replace: `    while ((this.#closed[0]?.pending ?? 9) <= 1) this.#closed.shift()?.finish();`,
    kind: "tracker",
  },
  {
    what: "flush waits for later events, too",
    file: delivery("flush.ts"),
    find: `      this.#current = new Closed();
    }
    await`,
    replace: `    }
    await`,
    kind: "tracker",
  },
  {
    what: "the alarm goes on after close",
    file: delivery("dispatcher.ts"),
    find: `    this.#unfinished.clear();
    this.#alarm.cancel();`,
    replace: `    this.#unfinished.clear();`,
    kind: "tracker",
  },
  {
    what: "close forgets what is in flight",
    file: delivery("dispatcher.ts"),
    find: `for (const shipment of [...this.#inFlight, ...this.#unfinished]) {`,
    replace: `for (const shipment of this.#unfinished) {`,
    kind: "tracker",
  },
  {
    what: "age is taken from the wall clock",
    file: "packages/tracker/src/delivery/dispatcher.ts",
    find: `    const nowMs = this.#runtime.monotonicMs();
    this.#dropExpired(nowMs);`,
    replace: `    const nowMs = this.#runtime.monotonicMs();
    this.#dropExpired(nowMs + this.#runtime.nowMs() - Date.UTC(2026, 0, 1) - nowMs);`,
    kind: "tracker",
  },
  {
    what: "what expires while it is held back stays for ever",
    file: delivery("queue.ts"),
    find: `event !== undefined && event.acceptedAtMs < beforeMs; event = lane.next`,
    replace: `event !== undefined && event.acceptedAtMs < -beforeMs; event = lane.next`,
    kind: "tracker",
  },
  {
    what: "who waits to be let in is forgotten",
    file: delivery("admission.ts"),
    find: `      if (!this.#hasRoomFor(this.#reserved + 1)) return;`,
    replace: `      if (!this.#hasRoomFor(this.#reserved + 1)) return this.#waiting.clear();`,
    kind: "tracker",
  },
  {
    what: "an answer that is in the socket is taken for a timeout",
    file: transport("http-exchange.ts"),
    find: `    this.#runtime.afterPoll(() => {
      if (this.#resolve === null) return;
      this.end({ kind: "failed", reason: "timeout", detail: "no complete answer came in time" });
    });`,
    replace: `    this.end({ kind: "failed", reason: "timeout", detail: "no complete answer came in time" });`,
    kind: "tracker",
  },
  {
    what: "a kept-alive connection that was closed before counts as a failed attempt",
    file: transport("http-exchange.ts"),
    find: `this.end(isStale ? { kind: "stale" } : failure);`,
    replace: `this.end(isStale && this.#bytes > 0 ? { kind: "stale" } : failure);`,
    kind: "tracker",
  },
];

const spoolDefects = [
  {
    what: "an event is durable as soon as it is appended",
    file: spool("disk-spool.ts"),
    find: `    this.#group?.members.push({ queued, spilled: null });
    return queued;`,
    replace: `    this.#group?.members.push({ queued, spilled: null });
    queued.persist();
    return queued;`,
    kind: "spool",
  },
  {
    what: "the cursor moves past what has not been sent",
    file: spool("journal-source.ts"),
    find: `this.#cursor.advance(this.#marks.low,`,
    replace: `this.#cursor.advance(Math.min(this.#marks.low + 1, this.#journal.next),`,
    kind: "spool",
  },
  {
    what: "marks for positions that are given again are left in the cursor's memo",
    file: spool("journal-source.ts"),
    find: `if (cursor.memo !== null && cursor.memo.byteLength > 0) await source.store();`,
    replace: ``,
    kind: "spool",
    seeds: 6000,
  },
  {
    what: "what was delivered is not marked",
    file: spool("journal-source.ts"),
    find: `    this.#marks.settle(position);
    if (this.isOurs`,
    replace: `    if (position % 5 > 0) this.#marks.settle(position);
    if (this.isOurs`,
    kind: "spool",
  },
  {
    what: "close does not keep what is durable, and drops it",
    file: delivery("dispatcher.ts"),
    find: `this.#accounts.leave(events.filter(({ isDurable }) => isDurable));`,
    replace: `this.#end(
      events.filter(({ isDurable }) => isDurable),
      { kind: "rejected", reason: "refused", detail: "" },
    );`,
    kind: "spool",
  },
  {
    what: "the age of what this process wrote is taken from the wall clock",
    file: spool("spool-clock.ts"),
    find: `if (writer === this.#writer) return monotonicMs;`,
    replace: `if (writer < 0) return monotonicMs;`,
    kind: "spool",
  },
  {
    what: "what a spool lost to damage is not counted",
    file: spool("journal-source.ts"),
    find: `for (const stretch of gone) this.#countLost(stretch.from, stretch.to, lost);`,
    replace: ``,
    kind: "spool",
  },
  {
    what: "what dead processes left is not taken over",
    file: spool("disk-spool.ts"),
    find: `    for (const journal of journals) {`,
    replace: `    for (const journal of journals.slice(1)) {`,
    kind: "spool",
  },
  {
    what: "events that came before the journal was open are forgotten when it opens",
    file: spool("disk-spool.ts"),
    find: `        else this.#keep(queued);
        continue;`,
    replace: `        else if (queued.event.bytes.byteLength % 2 > 0) this.#keep(queued);
        continue;`,
    kind: "spool",
  },
  {
    what: "a group that could not be written is forgotten",
    file: spool("disk-spool.ts"),
    find: `      else this.#stranded.push({ queued, position });`,
    replace: ``,
    kind: "spool",
  },
  {
    what: "what could not be written overtakes what is on disk",
    file: spool("disk-spool.ts"),
    find: `      else this.#stranded.push({ queued, position });`,
    replace: `      else this.#chain.add(queued);`,
    kind: "spool",
    seeds: 6000,
  },
];

const defectsOutOfReach = [
  {
    what: "a redirect is followed",
    file: transport("http-exchange.ts"),
    find: `request.on("response", (response) => this.#receive(response));`,
    replace: `request.on("response", (response) => {
      const { location } = response.headers;
      const followed = location === undefined ? Promise.resolve() : fetch(location, { method: "POST" });
      void followed.catch(() => undefined).then(() => this.#receive(response));
    });`,
    tests: ["packages/tracker/src/transport/http-transport.test.ts"],
  },
  {
    what: "adding an event looks at all that wait",
    file: spool("event-chain.ts"),
    find: `    this.#bytes += queued.event.bytes.byteLength;
  }

  peek`,
    replace: `    this.#bytes = this.#tail.slots.reduce((sum, each) => sum + (each?.event.bytes.byteLength ?? 0), 0);
  }

  peek`,
    tests: ["packages/tracker/src/spool/event-chain.test.ts"],
  },
  {
    what: "an endless answer is read to its end",
    file: transport("http-exchange.ts"),
    find: `if (this.#bytes >= maxReplyBytes) this.end`,
    replace: `if (this.#bytes < 0) this.end`,
    tests: ["packages/tracker/src/transport/http-transport.test.ts"],
  },
];

export const defects = [...journalDefects, ...deliveryDefects, ...spoolDefects, ...defectsOutOfReach];
