/**
 * What a RudderStack gateway's answer means: its status says all of it. A disabled source is answered with 404, as a
 * wrong address is; both refuse us and no event. Its 429 comes without Retry-After.
 */
export { statusOutcome as classify } from "../status-outcome.js";
