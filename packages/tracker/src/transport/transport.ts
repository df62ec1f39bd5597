import type { WireRequest, WireResponse } from "@oncewire/protocol";

/** Why no answer came. */
export type NetworkFailure = "timeout" | "refused" | "reset" | "dns" | "tls" | "unreachable" | "bad-reply" | "aborted";

export type Reply =
  | { readonly kind: "answered"; readonly response: WireResponse }
  | { readonly kind: "failed"; readonly reason: NetworkFailure; readonly detail: string };

/** Carries requests to one destination. */
export interface Transport {
  /** One attempt, within its deadline. Never rejects: that no answer came is a reply, too. */
  send(request: WireRequest): Promise<Reply>;
  /** Ends what is in flight, which is then answered as `aborted`, and lets idle connections go. More may be sent. */
  abort(): void;
}
