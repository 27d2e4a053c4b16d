import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Index, SHARDS, type Source } from './index';

/** A snapshot as its repository lists it. */
export interface Snapshot {
  readonly snapshot: string;
  readonly uuid: string;
  readonly state: 'SUCCESS' | 'PARTIAL' | 'IN_PROGRESS' | 'FAILED';
  readonly indices: readonly string[];
  readonly metadata?: unknown;
  readonly shards: { readonly total: number; readonly failed: number; readonly successful: number };
  readonly failures: readonly object[];
  readonly start_time: string;
  readonly end_time: string;
}

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    reason: string,
  ) {
    super(reason);
  }
}

interface Catalogue {
  readonly generation: number;
  readonly snapshots: readonly Snapshot[];
}

/** The user that OpenSearch runs as: the owner of its data folder. */
export interface User {
  readonly uid: number;
}

function may(user: User, path: string, right: 4 | 2): boolean {
  const { uid, mode } = statSync(path);
  return (mode & (uid === user.uid ? right << 6 : right)) !== 0;
}

/**
 * A repository of the type `fs`, really on the disk: index-N and index.latest name the snapshots, and below indices/ lie
 * the documents of each shard.
 */
export class Repository {
  constructor(
    private readonly folder: string,
    readonly readonly: boolean,
    private readonly user: User,
  ) {}

  /** Every node writes a test file, unless the repository is only for reading. */
  verify(): void {
    try {
      this.makeFolder();
      if (!this.readonly) this.write(`tests-${randomBytes(4).toString('hex')}/data.dat`, 'x');
      for (const name of readdirSync(this.folder).filter((each) => each.startsWith('tests-')))
        rmSync(join(this.folder, name), { recursive: true });
    } catch {
      throw new Refusal(
        500,
        'repository_verification_exception',
        `[${this.folder}] is not accessible on the node`,
      );
    }
  }

  private makeFolder(): void {
    if (this.readonly) return;
    const missing: string[] = [];
    for (let path = this.folder; ; path = dirname(path)) {
      try {
        if (!may(this.user, path, 2)) throw new Error('AccessDeniedException');
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        missing.unshift(path);
      }
    }
    for (const path of missing) this.own(path, () => mkdirSync(path));
  }

  private own(path: string, make: () => unknown): void {
    make();
    if (process.getuid?.() === 0) chownSync(path, this.user.uid, this.user.uid);
  }

  private write(name: string, content: string): void {
    const path = join(this.folder, name);
    const missing: string[] = [];
    for (let above = dirname(path); above.length > this.folder.length; above = dirname(above))
      missing.unshift(above);
    for (const above of missing) this.own(above, () => mkdirSync(above, { recursive: true }));
    if (!may(this.user, dirname(path), 2)) throw new Error('AccessDeniedException');
    this.own(path, () => writeFileSync(path, content));
  }

  private read(name: string): string {
    const path = join(this.folder, name);
    if (!may(this.user, path, 4)) throw new Error('AccessDeniedException');
    return readFileSync(path, 'utf8');
  }

  private get generation(): number {
    const found = readdirSync(this.folder)
      .map((name) => /^index-(\d+)$/.exec(name)?.[1])
      .filter((number) => number !== undefined);
    return Math.max(-1, ...found.map(Number));
  }

  /** Snapshots that the newest index-N names. An empty folder is an empty repository. */
  list(): Catalogue {
    let generation: number;
    try {
      generation = this.generation;
      if (generation < 0) return { generation, snapshots: [] };
      return { generation, ...(JSON.parse(this.read(`index-${generation}`)) as { snapshots: Snapshot[] }) };
    } catch {
      throw new Refusal(500, 'repository_exception', `could not read repository data from ${this.folder}`);
    }
  }

  /** Writes a snapshot of some indices; shards without a copy fail and make it PARTIAL. */
  take(name: string, indices: readonly Index[], metadata: unknown): Snapshot {
    const { generation, snapshots } = this.list();
    if (snapshots.some(({ snapshot }) => snapshot === name))
      throw new Refusal(
        400,
        'invalid_snapshot_name_exception',
        `[${name}] snapshot with the same name already exists`,
      );
    const uuid = randomBytes(9).toString('base64url');
    const failures: object[] = [];
    for (const index of indices) {
      this.write(
        `indices/${index.name}-${uuid}/meta-${uuid}.dat`,
        JSON.stringify({ mappings: index.mappings, settings: index.settings }),
      );
      for (let shard = 0; shard < SHARDS; shard++) {
        if (index.lostShards.has(shard)) {
          failures.push({
            index: index.name,
            shard_id: shard,
            reason: 'IndexShardSnapshotFailedException',
            status: 'INTERNAL_SERVER_ERROR',
          });
          continue;
        }
        const lines = index.shard(shard).map(([id, { source }]) => `${JSON.stringify({ id, source })}\n`);
        this.write(`indices/${index.name}-${uuid}/${shard}/__0`, lines.join(''));
      }
    }
    const total = indices.length * SHARDS;
    const now = new Date().toISOString();
    const made: Snapshot = {
      snapshot: name,
      uuid,
      state: failures.length > 0 ? 'PARTIAL' : 'SUCCESS',
      indices: indices.map((index) => index.name),
      ...(metadata === undefined ? {} : { metadata }),
      shards: { total, failed: failures.length, successful: total - failures.length },
      failures,
      start_time: now,
      end_time: now,
    };
    this.write(`snap-${uuid}.dat`, JSON.stringify(made));
    this.publish(generation + 1, [...snapshots, made]);
    return made;
  }

  remove(name: string): void {
    const { generation, snapshots } = this.list();
    const gone = this.find(name);
    for (const index of gone.indices)
      rmSync(join(this.folder, 'indices', `${index}-${gone.uuid}`), { recursive: true, force: true });
    rmSync(join(this.folder, `snap-${gone.uuid}.dat`), { force: true });
    this.publish(
      generation + 1,
      snapshots.filter(({ snapshot }) => snapshot !== name),
    );
  }

  private publish(generation: number, snapshots: readonly Snapshot[]): void {
    this.write(`index-${generation}`, JSON.stringify({ snapshots }));
    this.write('index.latest', String(generation));
    if (generation > 0) rmSync(join(this.folder, `index-${generation - 1}`), { force: true });
  }

  find(name: string): Snapshot {
    const found = this.list().snapshots.find(({ snapshot }) => snapshot === name);
    if (!found) throw new Refusal(404, 'snapshot_missing_exception', `[${name}] is missing`);
    return found;
  }

  /** An index out of a snapshot, under another name. A shard whose files cannot be read is lost. */
  restore({ uuid }: Snapshot, name: string, newName: string): Index {
    const { mappings, settings } = JSON.parse(this.read(`indices/${name}-${uuid}/meta-${uuid}.dat`)) as {
      mappings: Record<string, unknown>;
      settings: Record<string, unknown>;
    };
    const index = new Index(newName, mappings, settings);
    for (let shard = 0; shard < SHARDS; shard++) {
      try {
        for (const line of this.read(`indices/${name}-${uuid}/${shard}/__0`).split('\n').filter(Boolean)) {
          const { id, source } = JSON.parse(line) as { id: string; source: Source };
          index.write(id, source);
        }
      } catch {
        index.lostShards.add(shard);
      }
    }
    index.refresh();
    return index;
  }
}
