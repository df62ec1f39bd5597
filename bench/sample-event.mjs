/** An event of the size and shape that shops send: about 600 bytes as JSON. */
export function sampleEvent(index) {
  return {
    userId: `customer-${index % 1_000}`,
    event: "Order Completed",
    properties: {
      orderId: `o-${index}`,
      total: 149.5,
      currency: "EUR",
      coupon: null,
      products: [
        { sku: "mug-01", name: "Enamel mug", category: "Kitchen", price: 14, quantity: 2 },
        { sku: "lamp-03", name: "Desk lamp", category: "Office", price: 74.5, quantity: 1 },
      ],
    },
    context: {
      ip: "203.0.113.7",
      userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
      locale: "en-GB",
      page: { path: "/checkout", url: "https://shop.example/checkout", referrer: "https://shop.example/cart" },
    },
  };
}
