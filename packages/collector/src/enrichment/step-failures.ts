/** How often steps failed, by their names; those that did not are not in it. */
export type StepFailures = Readonly<Record<string, number>>;

export function addFailures(known: StepFailures, news: StepFailures): StepFailures {
  const sum: Record<string, number> = { ...known };
  for (const [step, count] of Object.entries(news)) sum[step] = (sum[step] ?? 0) + count;
  return sum;
}
