import { printable } from "../output/colours.js";
import type { Terminal } from "../terminal.js";

/** Lines of an input that are not what was expected: all are counted, the first few are told. */
export interface PassedOver {
  readonly count: number;
  add(message: string): void;
}

const toldLines = 5;

export function createPassedOver({ note }: Pick<Terminal, "note">): PassedOver {
  let count = 0;
  return {
    get count() {
      return count;
    },
    add(message) {
      count += 1;
      if (count <= toldLines) note(`passed over: ${printable(message)}`);
      else if (count === toldLines + 1) note("passed over: more such lines, which are counted only");
    },
  };
}
