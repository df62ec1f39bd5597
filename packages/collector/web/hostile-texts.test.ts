// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { element } from "./element.js";
import { eventDetail } from "./event-detail.js";
import { eventRow } from "./event-row.js";
import { rowElement } from "./row-element.js";

const hostile = [
  "<script>canary()</script>",
  "<img src=x onerror=canary()>",
  "<svg/onload=canary()>",
  "\"><iframe srcdoc='<script>canary()</script>'>",
  "javascript:canary()",
  "</td></tr><style>*{display:none}</style>",
  "{{constructor.constructor('canary()')()}}",
  "' onmouseover='canary()",
];

const safeTags = new Set("TR TD SPAN UL LI DETAILS SUMMARY SECTION DIV HEADER H2 H3 P PRE BUTTON".split(" "));
const safeAttributes = new Set(
  "class role tabindex title type open data-kind aria-selected aria-label scope".split(" "),
);

function expectOnlyText(roots: readonly Element[], text: string): void {
  const all = roots.flatMap((root) => [root, ...root.querySelectorAll("*")]);
  for (const { tagName, attributes } of all) {
    expect(safeTags).toContain(tagName);
    for (const { name } of attributes) expect(safeAttributes).toContain(name);
  }
  expect(roots.map((root) => root.textContent).join("\n")).toContain(text);
}

it.each(hostile)("shows %j as text in the table and in the opened event", (text) => {
  const fields = {
    id: text,
    kind: text,
    name: text,
    userId: text,
    project: text,
    time: text,
    [text]: { [text]: [text] },
  };
  const event = eventRow("event", { ...fields, wire: { [text]: text } });
  const bad = eventRow("bad", { ...fields, code: text, message: text, wire: text });
  for (const row of [event, bad]) {
    expectOnlyText([rowElement(row)], text);
    expectOnlyText(eventDetail(row, element("button")), text);
  }
});

it("shows what is unseen in a text, in the table and in the opened event", () => {
  const row = eventRow("event", { name: "a\u202Eb", userId: "c\u0000d", wire: "e\u200Bf\ng" });
  const cells = [...rowElement(row).cells].map((cell) => cell.textContent);
  expect(cells).toEqual(expect.arrayContaining(["a⟨U+202E⟩b", "c⟨U+0000⟩d"]));
  const opened = eventDetail(row, element("button")).map((part) => part.textContent);
  expect(opened.join(" ")).toContain("e⟨U+200B⟩f\ng");
  expect(opened.join(" ")).toContain("a⟨U+202E⟩b");
});

it("links to nothing that an event names", () => {
  const value = { id: "a&b#c/../d", truncated: ["wire"], context: { page: { url: "javascript:canary()" } }, wire: "" };
  const [link, ...others] = eventDetail(eventRow("event", value), element("button")).flatMap((part) => [
    ...part.querySelectorAll("a"),
  ]);
  expect(others).toEqual([]);
  expect(link?.getAttribute("href")).toBe("/api/events?id=a%26b%23c%2F..%2Fd&limit=1");
});
