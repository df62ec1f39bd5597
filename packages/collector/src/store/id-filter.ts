import { wordsPerId, type IdHash } from "./seen-ids.js";

/**
 * Says in which segments an id may be, out of any number of them, with a few looks at memory: a Bloom filter for each
 * segment, 32 of them side by side in the bits of one table, so that one look is at 32 filters. It never misses a
 * segment that holds the id, and names one that does not about once in 10,000 times.
 *
 * It takes 3 to 4 bytes an id, in steps of 8 MiB. A column of bits belongs to one large segment or to several small
 * neighbours; where segments become one, the column stays and changes its owner, and it is cleared when its last owner
 * goes.
 */
export class IdFilter<Owner> {
  readonly #tables: Uint32Array[] = [];
  readonly #columns: (Column<Owner> | null)[] = [];
  readonly #looks = new Int32Array(looksPerId);
  #open: number | null = null;

  /** Memory of the tables. */
  get bytes(): number {
    return this.#tables.length * tableSlots * 4;
  }

  add(owner: Owner, packed: Uint32Array): void {
    const ids = packed.length / wordsPerId;
    for (let from = 0; from < ids;) {
      const column = this.#columnFor(owner, ids - from);
      const to = Math.min(ids, from + idsPerColumn - column.ids);
      this.#fill(column, packed.subarray(from * wordsPerId, to * wordsPerId));
      column.ids += to - from;
      from = to;
    }
  }

  /** What some owned belongs to another, who owns the same ids. */
  replace(owners: readonly Owner[], other: Owner): void {
    for (const column of this.#columns) {
      if (column === null || !owners.some((owner) => column.owners.delete(owner))) continue;
      for (const owner of owners) column.owners.delete(owner);
      column.owners.add(other);
    }
  }

  remove(owner: Owner): void {
    for (const [index, column] of this.#columns.entries()) {
      if (column?.owners.delete(owner) === true && column.owners.size === 0) this.#clear(index);
    }
  }

  /** Who may own the id. */
  ownersOf(id: IdHash): readonly Owner[] {
    this.#lookFor(id[1], id[2]);
    let owners: Owner[] | undefined;
    for (let first = 0; first < this.#columns.length; first += columnsPerTable) {
      for (let bits = this.#bitsAt(first); bits !== 0; bits &= bits - 1) {
        owners = [...(owners ?? []), ...(this.#columns[first + lowestBit(bits)]?.owners ?? [])];
      }
    }
    return owners ?? nobody;
  }

  /** A bit for each column of the table beginning with that one that may hold the id looked for. */
  #bitsAt(first: number): number {
    const table = this.#tables[first / columnsPerTable] ?? noTable;
    const looks = this.#looks;
    let bits = -1;
    for (let look = 0; look < looksPerId && bits !== 0; look += 1) bits &= table[looks[look] ?? 0] ?? 0;
    return bits;
  }

  /** Places that depend on all of two words of the id, which are as good as random. */
  #lookFor(start: number, step: number): void {
    const odd = step | 1;
    for (let look = 0, at = start; look < looksPerId; look += 1, at += odd) this.#looks[look] = at >>> slotShift;
  }

  #fill({ index }: Column<Owner>, packed: Uint32Array): void {
    const table = this.#tables[Math.floor(index / columnsPerTable)];
    const bit = 1 << (index % columnsPerTable);
    if (table === undefined) return;
    for (let at = 0; at < packed.length; at += wordsPerId) {
      this.#lookFor(packed[at + 1] ?? 0, packed[at + 2] ?? 0);
      for (const slot of this.#looks) table[slot] = (table[slot] ?? 0) | bit;
    }
  }

  /** The column that is being filled, if there is room for all of the ids or they would need several anyway. */
  #columnFor(owner: Owner, ids: number): Column<Owner> {
    let column = this.#open === null ? null : (this.#columns[this.#open] ?? null);
    if (column === null || column.ids + Math.min(ids, idsPerColumn) > idsPerColumn) column = this.#newColumn();
    column.owners.add(owner);
    return column;
  }

  #newColumn(): Column<Owner> {
    const free = this.#columns.indexOf(null);
    const index = free === -1 ? this.#columns.length : free;
    if (index >= this.#tables.length * columnsPerTable) this.#tables.push(new Uint32Array(tableSlots));
    const column = { index, owners: new Set<Owner>(), ids: 0 };
    this.#columns[index] = column;
    this.#open = index;
    return column;
  }

  #clear(index: number): void {
    const table = this.#tables[Math.floor(index / columnsPerTable)];
    const others = ~(1 << (index % columnsPerTable));
    if (table !== undefined) for (let slot = 0; slot < tableSlots; slot += 1) table[slot] = (table[slot] ?? 0) & others;
    this.#columns[index] = null;
    if (this.#open === index) this.#open = null;
  }
}

interface Column<Owner> {
  readonly index: number;
  readonly owners: Set<Owner>;
  ids: number;
}

const columnsPerTable = 32;
const tableSlots = 2 ** 21;
/** Of a word of 32 bits, the upper 21. */
const slotShift = 11;
const idsPerColumn = 2 ** 17;
const looksPerId = 10;
const nobody: readonly never[] = [];
const noTable = new Uint32Array();

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
