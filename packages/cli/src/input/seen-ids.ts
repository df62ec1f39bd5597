/** Ids that have been met, as far back as there is room for. */
export interface SeenIds {
  /** Whether it is met for the first time; from now on it has been met. */
  isNew(id: string): boolean;
}

export function createSeenIds(maxIds: number): SeenIds {
  const ids = new Set<string>();
  return {
    isNew(id) {
      if (ids.has(id)) return false;
      ids.add(id);
      const [oldest] = ids.size > maxIds ? ids : [];
      if (oldest !== undefined) ids.delete(oldest);
      return true;
    },
  };
}
