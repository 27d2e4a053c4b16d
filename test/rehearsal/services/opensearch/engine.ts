import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { Index, part, SHARDS, type Query, type Source, type Stored } from './index';
import { Refusal, Repository, type Snapshot } from './snapshots';

/** What a node was started with: its version and the folders of the pod that snapshots may lie in. */
export interface Node {
  readonly version: string;
  /** `path.repo`, as the pod names the folders. */
  readonly pathRepo: readonly string[];
  /** Where a folder of the pod lies on the host. */
  readonly onHost: (folder: string) => string;
  /** The data folder on the host; its owner is who the node runs as. */
  readonly data: string;
}

interface Scroll {
  readonly index: string;
  readonly entries: readonly [string, Stored][];
  at: number;
  readonly size: number;
}

interface Task {
  readonly id: string;
  readonly action: string;
  done: boolean;
  status: { total: number; created: number; updated: number; version_conflicts: number };
  failures: object[];
}

interface RegisteredRepository {
  readonly type: string;
  readonly settings: { readonly location: string; readonly readonly?: boolean | string };
}

const KEEP_SCROLLS = 500;
const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

/** The cluster of one node: its indices outlive the node, as they lie on the disk. */
export class Engine {
  readonly indices = new Map<string, Index>();
  readonly templates = new Map<string, object>();
  readonly repositories = new Map<string, RegisteredRepository>();
  private readonly scrolls = new Map<string, Scroll>();
  private readonly tasks = new Map<string, Task>();
  private readonly underWay = new Map<string, Snapshot>();
  /** How many polls of its status a snapshot takes; 0 ends it at once. */
  snapshotPolls = 0;
  /** How many documents a reindex handles before it lets others speak. */
  reindexPace = 1000;

  constructor(public node: Node) {}

  index(name: string): Index {
    const found = this.indices.get(name);
    if (!found) throw new Refusal(404, 'index_not_found_exception', `no such index [${name}]`);
    return found;
  }

  /** An index that is made on the first write to it, with whatever mapping follows. */
  writable(name: string): Index {
    let index = this.indices.get(name);
    if (!index) this.indices.set(name, (index = new Index(name)));
    return index;
  }

  create(
    name: string,
    body: { mappings?: Record<string, unknown>; settings?: Record<string, unknown> },
  ): void {
    if (this.indices.has(name))
      throw new Refusal(400, 'resource_already_exists_exception', `index [${name}] already exists`);
    this.indices.set(name, new Index(name, body.mappings, body.settings));
  }

  // ---- Documents ----------------------------------------------------------------------------------------------------

  count(name: string, query?: Query): object {
    const index = this.index(name);
    return {
      count: index.found(query).length,
      _shards: { total: 4, successful: 4 - index.lostShards.size, skipped: 0, failed: index.lostShards.size },
    };
  }

  search(
    name: string,
    body: { size?: number; query?: Query; slice?: { id: number; max: number } },
    keeps: boolean,
  ): object {
    const { slice, size = 10 } = body;
    const entries = this.index(name)
      .found(body.query)
      .filter(([id]) => !slice || part(`slice ${id}`, slice.max) === slice.id);
    if (!keeps) return this.page({ index: name, entries, at: 0, size });
    if (this.scrolls.size >= KEEP_SCROLLS)
      throw new Refusal(
        429,
        'rejected_execution_exception',
        'Trying to create too many scroll contexts. Must be less than or equal to: [500].',
      );
    const id = randomBytes(12).toString('base64url');
    this.scrolls.set(id, { index: name, entries, at: 0, size });
    return this.scroll(id);
  }

  scroll(id: string): object {
    const scroll = this.scrolls.get(id);
    if (!scroll)
      throw new Refusal(404, 'search_context_missing_exception', `No search context found for id [${id}]`);
    const page = this.page(scroll);
    scroll.at += scroll.size;
    return { _scroll_id: id, ...page };
  }

  private page({ index, entries, at, size }: Scroll): object {
    const lost = this.index(index).lostShards.size;
    return {
      timed_out: false,
      _shards: { total: SHARDS, successful: SHARDS - lost, skipped: 0, failed: lost },
      hits: {
        total: { value: entries.length, relation: 'eq' },
        hits: entries
          .slice(at, at + size)
          .map(([_id, { source }]) => ({ _index: index, _id, _score: null, _source: source })),
      },
    };
  }

  clearScroll(id: string): boolean {
    return this.scrolls.delete(id);
  }

  get openScrolls(): number {
    return this.scrolls.size;
  }

  mget(name: string, ids: readonly string[], withSource: boolean): object {
    const index = this.index(name);
    return {
      docs: ids.map((_id) => {
        const stored = index.get(_id);
        return stored
          ? {
              _index: name,
              _id,
              _version: stored.version,
              _seq_no: stored.seqNo,
              _primary_term: 1,
              found: true,
              ...(withSource ? { _source: stored.source } : {}),
            }
          : { _index: name, _id, found: false };
      }),
    };
  }

  /** Lines of actions and documents, as _bulk takes them. */
  bulk(name: string, text: string): object {
    const lines = text.split('\n').filter(Boolean);
    const items: object[] = [];
    for (let at = 0; at < lines.length; at++) {
      const [[action, meta]] = Object.entries(JSON.parse(lines[at] ?? '') as Record<string, BulkTarget>) as [
        [string, BulkTarget],
      ];
      const index = this.writable(meta._index ?? name);
      if (action === 'delete') {
        const status = index.remove(meta._id) ? 200 : 404;
        items.push({ delete: { _id: meta._id, status } });
        continue;
      }
      const body = JSON.parse(lines[++at] ?? '') as Source & { doc?: Source };
      const demands = {
        ...(action === 'create' ? { create: true } : {}),
        ...(meta.if_seq_no === undefined ? {} : { seqNo: meta.if_seq_no }),
      };
      const source = action === 'update' ? { ...index.get(meta._id)?.source, ...body.doc } : body;
      if (action === 'update' && !index.get(meta._id)) {
        items.push({ update: { _id: meta._id, status: 404, error: { type: 'document_missing_exception' } } });
        continue;
      }
      const result = index.write(meta._id, source, demands);
      items.push({
        [action]: {
          _id: meta._id,
          ...(result === 'conflict'
            ? {
                status: 409,
                error: { type: 'version_conflict_engine_exception', reason: 'version conflict' },
              }
            : { status: result === 'created' ? 201 : 200, result }),
        },
      });
    }
    return { errors: items.some((item) => JSON.stringify(item).includes('"error"')), items };
  }

  /** Starts a reindex, which goes on by itself. */
  reindex(body: {
    conflicts?: string;
    source: { index: string };
    dest: { index: string; op_type?: string };
  }): { task: string } {
    const entries = this.index(body.source.index).found();
    const target = this.writable(body.dest.index);
    const task: Task = {
      id: `n0:${this.tasks.size + 1}`,
      action: 'indices:data/write/reindex',
      done: false,
      status: { total: entries.length, created: 0, updated: 0, version_conflicts: 0 },
      failures: [],
    };
    this.tasks.set(task.id, task);
    const work = async () => {
      for (const [at, [id, { source }]] of entries.entries()) {
        if (at % this.reindexPace === 0) await pause();
        const result = target.write(id, source, { create: body.dest.op_type === 'create' });
        if (result === 'conflict') task.status.version_conflicts++;
        else task.status[result]++;
        if (result === 'conflict' && body.conflicts !== 'proceed') {
          task.failures.push({ index: target.name, id, cause: { reason: 'version conflict' } });
          break;
        }
      }
      target.refresh();
      task.done = true;
    };
    void work();
    return { task: task.id };
  }

  task(id: string): object {
    const task = this.tasks.get(id);
    if (!task)
      throw new Refusal(
        404,
        'resource_not_found_exception',
        `task [${id}] isn't running and hasn't stored its results`,
      );
    return {
      completed: task.done,
      task: { node: 'n0', action: task.action, status: task.status },
      ...(task.done ? { response: { ...task.status, failures: task.failures } } : {}),
    };
  }

  runningTasks(actions: string): object {
    const tasks = [...this.tasks.values()].filter((task) => !task.done && actions.includes('reindex'));
    return {
      nodes: { n0: { tasks: Object.fromEntries(tasks.map((task) => [task.id, { action: task.action }])) } },
    };
  }

  // ---- Snapshots ----------------------------------------------------------------------------------------------------

  /** Folders must lie below `path.repo`; relative ones do so below its first. */
  private place(location: string): string {
    const folder = location.startsWith('/') ? location : `${this.node.pathRepo[0] ?? ''}/${location}`;
    const allowed = this.node.pathRepo.some((above) => folder === above || folder.startsWith(`${above}/`));
    if (!allowed || folder.includes('..'))
      throw new Refusal(
        500,
        'repository_exception',
        this.node.pathRepo.length === 0
          ? `location [${location}] doesn't match any of the locations specified by path.repo because this setting is empty`
          : `location [${location}] doesn't match any of the locations specified by path.repo`,
      );
    return this.node.onHost(folder);
  }

  repository(name: string): Repository {
    const registered = this.repositories.get(name);
    if (!registered) throw new Refusal(404, 'repository_missing_exception', `[${name}] missing`);
    const { location, readonly } = registered.settings;
    const { uid } = statSync(this.node.data);
    return new Repository(this.place(location), String(readonly) === 'true', { uid });
  }

  register(name: string, body: RegisteredRepository): void {
    this.place(body.settings.location);
    this.repositories.set(name, body);
    try {
      this.repository(name).verify();
    } catch (error) {
      this.repositories.delete(name);
      throw error;
    }
  }

  snapshot(repository: string, name: string, body: { indices: string; metadata?: unknown }): object {
    const made = this.repository(repository).take(
      name,
      body.indices.split(',').map((each) => this.index(each)),
      body.metadata,
    );
    if (this.snapshotPolls > 0) this.underWay.set(`${repository}/${name}`, made);
    return { accepted: true };
  }

  private shown(repository: string, snapshot: Snapshot): Snapshot {
    return this.underWay.has(`${repository}/${snapshot.snapshot}`)
      ? { ...snapshot, state: 'IN_PROGRESS' }
      : snapshot;
  }

  snapshots(repository: string, name: string): readonly Snapshot[] {
    const from = this.repository(repository);
    const found = name === '_all' ? from.list().snapshots : [from.find(name)];
    return found.map((each) => this.shown(repository, each));
  }

  snapshotStatus(repository: string, name: string): object {
    const { shards } = this.repository(repository).find(name);
    const under = this.underWay.has(`${repository}/${name}`);
    if (under && --this.snapshotPolls <= 0) this.underWay.delete(`${repository}/${name}`);
    return {
      snapshots: [
        {
          snapshot: name,
          state: under ? 'STARTED' : 'SUCCESS',
          shards_stats: { done: under ? 1 : shards.successful, failed: shards.failed, total: shards.total },
        },
      ],
    };
  }

  restore(
    repository: string,
    name: string,
    body: { indices: string; rename_pattern?: string; rename_replacement?: string },
  ): object {
    const from = this.repository(repository);
    const snapshot = from.find(name);
    for (const index of body.indices.split(',')) {
      const target = body.rename_pattern
        ? index.replace(new RegExp(body.rename_pattern), body.rename_replacement ?? '')
        : index;
      if (this.indices.has(target))
        throw new Refusal(
          500,
          'snapshot_restore_exception',
          `cannot restore index [${target}] because an open index with same name already exists in the cluster`,
        );
      if (!snapshot.indices.includes(index))
        throw new Refusal(404, 'index_not_found_exception', `no such index [${index}]`);
      this.indices.set(target, from.restore(snapshot, index, target));
    }
    return { accepted: true };
  }

  health(names: readonly string[]): { status: string; initializing_shards: number; active_shards: number } {
    const lost = names.reduce((sum, name) => sum + this.index(name).lostShards.size, 0);
    return {
      status: lost > 0 ? 'red' : 'green',
      initializing_shards: 0,
      active_shards: names.length * 4 - lost,
    };
  }
}

interface BulkTarget {
  readonly _index?: string;
  readonly _id: string;
  readonly if_seq_no?: number;
}
