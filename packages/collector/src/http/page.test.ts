import { describe, expect, it } from "vitest";
import { loadPage } from "./page.js";

const page = loadPage();

function text(path: string): string {
  const reply = page.file(path);
  if (reply === null) throw new Error(`expected the page to have ${path}`);
  return Buffer.from(reply.body).toString();
}

/** Every path of the page that `path` leads to, itself included. */
function reachable(path: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const content = text(path);
  for (const [, found] of content.matchAll(/(?:src|href)="(\/[^"]*)"/g)) reachable(found ?? "", seen);
  for (const [, found] of content.matchAll(/^import .* from "\.\/([^"]*)";$/gm)) reachable(`/_live/${found}`, seen);
  return seen;
}

describe("the live page's files", () => {
  it("come with a policy that allows this origin's own files and feed, and nothing else", () => {
    for (const path of reachable("/")) {
      const policy = page.file(path)?.headers["content-security-policy"]?.split("; ");
      expect(new Set(policy)).toEqual(
        new Set([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self'",
          "img-src 'self'",
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
          "require-trusted-types-for 'script'",
          "trusted-types 'none'",
        ]),
      );
      expect(page.file(path)?.headers["x-content-type-options"]).toBe("nosniff");
    }
  });

  it("are all there, and are of this origin", () => {
    expect([...reachable("/")]).toEqual(
      expect.arrayContaining(["/", "/_live/style.css", "/_live/icon.svg", "/_live/app.js"]),
    );
    for (const path of reachable("/"))
      expect(text(path)).not.toMatch(/(?:src|href|url\(|from|import\()\s*["'=(]+\s*(?:https?:)?\/\//);
  });

  it("hold no script and no style within the markup", () => {
    const html = text("/");
    expect(html).not.toMatch(/<style|<script(?![^>]* src=)|\son\w+=|\sstyle=/);
  });

  it("are these and no others", () => {
    for (const path of ["/_live/", "/_live/../package.json", "/_live/app.ts", "/index.html", "/_live/__proto__"]) {
      expect(page.file(path)).toBeNull();
    }
  });
});
