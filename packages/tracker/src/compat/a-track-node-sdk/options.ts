import type { Geo } from "@oncewire/protocol/a-track";

/** The options that the published SDKs name. They may be changed until an SDK is made of them. */
export interface Options {
  publicKey: string;
  geo?: Geo | undefined;
}

/** `Options.new(key)`, as the page of the Rust SDK has it. */
export const Options: { readonly new: (publicKey: string) => Options } = Object.freeze({
  new: (publicKey: string) => ({ publicKey }),
});
