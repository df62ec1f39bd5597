/** What the shop sells. Prices in cents, so that sums are exact. */
export const products = [
  { sku: "mug-01", name: "Enamel mug", category: "Kitchen", priceCents: 1400 },
  { sku: "pan-07", name: "Cast-iron pan", category: "Kitchen", priceCents: 5900 },
  { sku: "lamp-03", name: "Desk lamp", category: "Office", priceCents: 7450 },
  { sku: "note-12", name: "Dot-grid notebook", category: "Office", priceCents: 1250 },
  { sku: "tent-02", name: "Two-person tent", category: "Outdoor", priceCents: 18900 },
  { sku: "rope-09", name: "Climbing rope, 60 m", category: "Outdoor", priceCents: 13900 },
];

export const productBySku = new Map(products.map((product) => [product.sku, product]));
