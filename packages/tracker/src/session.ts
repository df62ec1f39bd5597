/** Which session a visitor is in: for whoever keeps visits in a cookie or a database of their own. */
export { continueVisit, touchVisit } from "./context/visit.js";
export type { Moment, Visit } from "./context/visit.js";
