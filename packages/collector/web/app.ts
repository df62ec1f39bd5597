/** The live page: puts the parts together. Everything that comes from the feed is text from strangers; see element.ts. */
import { Announcer } from "./announcer.js";
import { copiesOnClick } from "./copy-button.js";
import { byId, element } from "./element.js";
import { eventDetail } from "./event-detail.js";
import type { EventRow } from "./event-row.js";
import { EventTable } from "./event-table.js";
import { connectFeed } from "./feed-connection.js";
import type { ConnectionState } from "./feed-connection.js";
import { RowList } from "./row-list.js";
import { SeenRows } from "./seen-rows.js";
import { StatsBar } from "./stats-bar.js";

const maxRows = 1_000;
/** A collector that was killed loads again what it had not sealed: by default so many events. */
const seenBounds = { maxRows: 100_000, maxChars: 8_000_000 };
const announceMs = 10_000;
const format = new Intl.NumberFormat("en");

const stateTexts: Readonly<Record<ConnectionState, string>> = {
  connecting: "Connecting…",
  live: "Live",
  lost: "Connection lost, trying again…",
};

const page = {
  connection: byId("connection", HTMLParagraphElement),
  filter: byId("filter", HTMLInputElement),
  pause: byId("pause", HTMLButtonElement),
  summary: byId("summary", HTMLParagraphElement),
  split: byId("split", HTMLElement),
  detail: byId("detail", HTMLElement),
  empty: byId("empty", HTMLDivElement),
  noMatch: byId("no-match", HTMLParagraphElement),
  example: byId("example", HTMLPreElement),
};

const list = new RowList(maxRows);
const seen = new SeenRows(seenBounds);
const stats = new StatsBar(document);
const announcer = new Announcer(byId("announcer", HTMLParagraphElement), announceMs);
const table = new EventTable({ body: byId("rows", HTMLTableSectionElement), maxRows, onOpen: openDetail });
let missed = 0;
let state: ConnectionState = "connecting";
let isPlanned = false;

/** However much comes, the page is changed at most once a frame. */
function renderSoon(): void {
  if (isPlanned) return;
  isPlanned = true;
  requestAnimationFrame(() => {
    isPlanned = false;
    render();
  });
}

function render(): void {
  const changes = list.takeChanges();
  if (changes.startOver || changes.added.length > 0) table.apply(changes);
  page.connection.dataset["state"] = state;
  if (page.connection.textContent !== stateTexts[state]) page.connection.textContent = stateTexts[state];
  page.pause.setAttribute("aria-pressed", String(list.paused));
  page.pause.textContent = list.paused ? "Resume" : "Pause";
  page.summary.textContent = summary();
  page.empty.hidden = list.recent > 0 || state === "connecting";
  page.noMatch.hidden = list.recent === 0 || list.shown > 0;
}

function summary(): string {
  const parts: string[] = [];
  if (list.paused) parts.push(`paused, ${format.format(list.waiting)} waiting`);
  if (list.filtered) parts.push(`${format.format(list.shown)} shown of ${format.format(list.recent)}`);
  else if (list.recent > 0)
    parts.push(list.recent === maxRows ? `newest ${format.format(maxRows)}` : `${list.recent} shown`);
  if (missed > 0) parts.push(`${format.format(missed)} came too fast to show`);
  return parts.join(" · ");
}

function openDetail(row: EventRow): void {
  const close = element("button", { type: "button", class: "button close", "aria-label": "Close the event" }, "Close");
  close.addEventListener("click", closeDetail);
  page.detail.replaceChildren(...eventDetail(row, close));
  page.detail.hidden = false;
  page.split.dataset["detail"] = "open";
  // Where the event covers the table, the focus has nothing to do beneath it.
  if (getComputedStyle(page.detail).position === "fixed") close.focus();
}

function closeDetail(): void {
  if (page.detail.hidden) return;
  page.detail.hidden = true;
  page.detail.replaceChildren();
  delete page.split.dataset["detail"];
  table.focusSelected();
  table.deselect();
}

function start(): void {
  page.example.textContent = exampleCommand(location.origin);
  copiesOnClick(byId("copy-example", HTMLButtonElement), page.example.textContent, page.example);
  page.filter.addEventListener("input", () => {
    list.setFilter(page.filter.value);
    renderSoon();
  });
  page.pause.addEventListener("click", () => {
    if (list.paused) list.resume();
    else list.pause();
    renderSoon();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target !== page.filter) closeDetail();
  });
  connectFeed("/api/live", {
    onRow(row) {
      if (!seen.isNew(row)) return;
      list.add(row);
      announcer.count(row.type);
      renderSoon();
    },
    onStats: (numbers) => stats.show(numbers),
    onMissed(count) {
      missed += count;
      renderSoon();
    },
    onState(next) {
      state = next;
      renderSoon();
    },
  });
}

function exampleCommand(origin: string): string {
  const event = JSON.stringify({ userId: "ada", event: "Hello", properties: { answer: 42 } });
  return `curl -u demo: -H 'Content-Type: application/json' \\\n  -d '${event}' \\\n  ${origin}/v1/track`;
}

start();
