/** An order and its items, which are events of their own on the wire. */
import type { CommonFields, Transaction, TransactionItem } from "./event.js";

/** An item of an order, without what it takes from the order. */
export type OrderItem = Omit<TransactionItem, "type" | "orderId" | keyof CommonFields>;

/** The order first, then each item with its id, currency, time, subject and entities. The arguments are left as they are. */
export function transactionEvents(
  transaction: Transaction,
  items: readonly OrderItem[],
): readonly [Transaction, ...TransactionItem[]] {
  const { orderId, currency, subject, entities, trueTimestamp, deviceTimestamp } = transaction;
  const taken = { orderId, subject, entities, trueTimestamp, deviceTimestamp };
  return [
    transaction,
    ...items.map((item): TransactionItem => ({ currency, ...item, ...taken, type: "transaction_item" })),
  ];
}
