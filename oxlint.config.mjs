import { boundaries } from "./scripts/layers.mjs";

export default {
  plugins: ["import", "typescript", "unicorn", "promise", "node", "oxc"],
  categories: { correctness: "error", suspicious: "error" },
  options: { typeAware: true },
  env: { node: true, es2024: true },
  ignorePatterns: ["**/dist/**", "**/fixtures/**", "**/coverage/**", "var/**"],
  rules: {
    "import/no-cycle": "error",
    "import/no-default-export": "error",
    "unicorn/filename-case": ["error", { case: "kebabCase" }],
    "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
    "max-lines-per-function": ["error", { max: 50, skipBlankLines: true, skipComments: true }],
    "max-depth": ["error", 3],
    "max-params": ["error", 3],
    complexity: ["error", { max: 12 }],
    "no-console": "error",
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/consistent-type-imports": "error",
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/switch-exhaustiveness-check": "error",
    "typescript/consistent-return": "off",
    "import/no-named-as-default-member": "off",
    "import/no-unassigned-import": "off",
    "unicorn/consistent-function-scoping": "off",
    // Where our own threads, processes and files speak, a value is asserted once, at the door.
    "typescript/no-unsafe-type-assertion": "off",
    // Meant for windows; ports of threads have no origin.
    "unicorn/require-post-message-target-origin": "off",
  },
  overrides: [
    ...boundaries,
    {
      // What is on the wire is computed from what is given: no clock, no randomness, no environment.
      files: ["packages/protocol/src/**"],
      rules: {
        "no-restricted-globals": [
          "error",
          "process",
          "Buffer",
          "setTimeout",
          "setInterval",
          "setImmediate",
          "fetch",
          "performance",
          "crypto",
        ],
        "no-restricted-properties": [
          "error",
          { object: "Date", property: "now", message: "Take the time as an argument." },
          { object: "Math", property: "random", message: "Take randomness as an argument." },
        ],
      },
    },
    {
      // Only runtime.ts may ask the machine for time or chance; everything else is given them.
      files: ["packages/{journal,tracker,collector}/src/**"],
      rules: {
        "no-restricted-properties": [
          "error",
          { object: "Date", property: "now", message: "Take the clock from the runtime." },
          { object: "Math", property: "random", message: "Take randomness from the runtime." },
        ],
      },
    },
    { files: ["packages/*/src/runtime.ts"], rules: { "no-restricted-properties": "off" } },
    {
      files: ["packages/cli/src/**", "bench/**", "scripts/**", "examples/**"],
      rules: { "no-console": "off" },
    },
    {
      files: ["**/*.test.ts", "**/*.contract.ts", "test/**", "bench/**", "scripts/**", "examples/**"],
      rules: {
        "max-lines": "off",
        "max-lines-per-function": "off",
        "max-params": "off",
        "no-restricted-globals": "off",
        "no-restricted-properties": "off",
        "typescript/no-non-null-assertion": "off",
      },
    },
    { files: ["*.config.*", "**/*.config.*"], rules: { "import/no-default-export": "off" } },
  ],
};
