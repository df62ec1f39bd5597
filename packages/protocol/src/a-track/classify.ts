/** What an answer of A-Track means: its pages describe none, so the status alone counts and any body will do. */
export { statusOutcome as classify } from "../status-outcome.js";
