/** One index of the OpenSearch stand-in: its documents now, and those that a search finds since the last refresh. */

export type Source = Readonly<Record<string, unknown>>;

export interface Stored {
  readonly source: Source;
  readonly seqNo: number;
  readonly version: number;
}

export type Query =
  | { readonly match_all: object }
  | { readonly exists: { readonly field: string } }
  | { readonly ids: { readonly values: readonly string[] } };

export const SHARDS = 4;

/** Which shard a document belongs to; also which slice of a sliced scroll, for another number of parts. */
export function part(id: string, parts: number): number {
  let hash = 7;
  for (const char of id) hash = (hash * 31 + char.charCodeAt(0)) >>> 0;
  return hash % parts;
}

export class Index {
  private readonly documents = new Map<string, Stored>();
  private searchable = new Map<string, Stored>();
  private operations = 0;
  /** Shards that have no copy: the index is red and their documents cannot be read. */
  readonly lostShards = new Set<number>();

  constructor(
    readonly name: string,
    public mappings: Record<string, unknown> = {},
    public settings: Record<string, unknown> = {},
  ) {}

  get(id: string): Stored | undefined {
    return this.documents.get(id);
  }

  /** Writes a document; what `create` and `if_seq_no` demand must hold, or nothing is written. */
  write(
    id: string,
    source: Source,
    demands: { readonly create?: boolean; readonly seqNo?: number } = {},
  ): 'created' | 'updated' | 'conflict' {
    const before = this.documents.get(id);
    if (demands.create && before) return 'conflict';
    if (demands.seqNo !== undefined && before?.seqNo !== demands.seqNo) return 'conflict';
    this.documents.set(id, { source, seqNo: this.operations++, version: (before?.version ?? 0) + 1 });
    return before ? 'updated' : 'created';
  }

  remove(id: string): boolean {
    this.operations++;
    return this.documents.delete(id);
  }

  refresh(): void {
    this.searchable = new Map(this.documents);
  }

  /** The documents that a search finds. */
  found(query: Query = { match_all: {} }): [id: string, stored: Stored][] {
    const matches = ([id, { source }]: [string, Stored]): boolean => {
      if ('exists' in query) {
        const value = source[query.exists.field];
        return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
      }
      return 'ids' in query ? query.ids.values.includes(id) : true;
    };
    return [...this.searchable].filter(
      (entry) => !this.lostShards.has(part(entry[0], SHARDS)) && matches(entry),
    );
  }

  /** What a snapshot holds of a shard. */
  shard(number: number): [id: string, stored: Stored][] {
    return [...this.documents].filter(([id]) => part(id, SHARDS) === number);
  }

  /** The highest sequence number of each shard; here one counter serves all of them. */
  get maxSeqNo(): number {
    return this.operations - 1;
  }

  get bytes(): number {
    return JSON.stringify([...this.documents]).length;
  }

  get size(): number {
    return this.documents.size;
  }
}
