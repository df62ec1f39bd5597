/** What the store and its engine's process say to each other. */

export type Parameter = string | null | readonly string[];

export type EngineRequest =
  /** All rows of the answer, values in the order of its columns. */
  | { readonly kind: "rows"; readonly sql: string; readonly parameters: readonly Parameter[] }
  /** The same for sealing and merging, which go on beside questions and hurry less. */
  | { readonly kind: "work"; readonly sql: string }
  /** An answer of unsigned 64-bit columns, row by row in one array. */
  | { readonly kind: "words"; readonly sql: string }
  /** One SELECT written by a person, after the store's own statements in `setup`. */
  | {
      readonly kind: "select";
      readonly setup: readonly string[];
      readonly sql: string;
      readonly maxRows: number;
      readonly timeoutMs: number;
    };

export interface EngineAnswers {
  readonly rows: readonly (readonly unknown[])[];
  readonly work: readonly (readonly unknown[])[];
  readonly words: BigUint64Array;
  readonly select: SqlResult;
}

/** The answer to a SELECT, in JSON's types: what JSON has no number for is text. */
export interface SqlResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  /** Whether there were more than `maxRows`. */
  readonly truncated: boolean;
}

export interface RequestMessage {
  readonly id: number;
  readonly request: EngineRequest;
}

export type ReplyMessage =
  | { readonly id: number; readonly kind: "answer"; readonly answer: EngineAnswers[keyof EngineAnswers] }
  | { readonly id: number; readonly kind: "failure"; readonly failure: EngineFailure; readonly message: string };

/** `refused`: not one SELECT. `timeout`: cut off. `failed`: whatever the engine said. */
export type EngineFailure = "refused" | "timeout" | "failed";

/** Where DuckDB puts what does not fit into memory. Each instance has a folder: they name what they put there alike. */
export const spillFolders: readonly [questions: string, work: string] = ["spill/questions", "spill/work"];

/** Passed to the process as its only argument, in JSON. Its working folder is the store's folder. */
export interface EngineSettings {
  readonly memoryBytes: number;
  /** Of questions. */
  readonly threads: number;
}
