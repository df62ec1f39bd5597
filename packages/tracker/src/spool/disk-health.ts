import { JournalError } from "@oncewire/journal";

/** Tells when a disk begins to fail, and when it works again: each change once. */
export class DiskHealth {
  readonly #tell: (fault: string | null) => void;
  #isFailing = false;

  constructor(tell: (fault: string | null) => void) {
    this.#tell = tell;
  }

  failed(error: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#tell(faultOf(error));
  }

  worked(): void {
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#tell(null);
  }
}

/** The journal is closed without our doing: somebody took this process for dead and has it now. */
export function isClosed(error: unknown): boolean {
  return JournalError.is(error) && error.code === "closed";
}

function faultOf(error: unknown): string {
  if (!JournalError.is(error)) return String(error);
  const { fault } = error.fields;
  return fault === undefined ? error.code : `${error.code} (${fault})`;
}
