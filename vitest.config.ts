import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`./packages/${path}`, import.meta.url));

/** Tests read the sources, not the builds: each public entry of a package is one line here. */
const entries = [
  { find: /^@oncewire\/protocol\/([^/]+)$/, replacement: `${source("protocol/src")}/$1/index.ts` },
  { find: /^@oncewire\/([^/]+)$/, replacement: `${source("")}$1/src/index.ts` },
  { find: /^@oncewire\/journal\/testing$/, replacement: source("journal/src/testing.ts") },
  { find: /^oncewire\/testing$/, replacement: source("tracker/src/testing.ts") },
  { find: /^oncewire\/compat\/([^/]+)$/, replacement: `${source("tracker/src/compat")}/$1.ts` },
  { find: /^oncewire\/snowplow\/v0\.1$/, replacement: source("tracker/src/clients/snowplow-v0-1.ts") },
  { find: /^oncewire\/(attribution|session)$/, replacement: `${source("tracker/src")}/$1.ts` },
  { find: /^oncewire\/([^/]+)$/, replacement: `${source("tracker/src/clients")}/$1.ts` },
  { find: /^oncewire$/, replacement: source("tracker/src/index.ts") },
];

export default defineConfig({
  resolve: { alias: entries },
  test: {
    include: ["packages/*/{src,web}/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    coverage: { provider: "v8", include: ["packages/*/src/**/*.ts"], exclude: ["**/*.test.ts", "**/*.contract.ts"] },
  },
});
