/**
 * Documents by name, as the derived state sees them. A document is never changed in place. What is put can be got at
 * once; keeping it over a restart is another's business (`document-file.ts`).
 */
export interface Documents {
  get(name: string): Document | undefined;
  put(name: string, document: Document): void;
  remove(name: string): void;
}

/** Anything that JSON carries whole. */
export type Document = object;
