import { isComplete, isFinished, isJob, isOfPlatform, isStuck, isTrouble } from './readiness';
import type { PlatformState, Pod, Workload, WorkloadKind } from './types';
import { faceOf } from './webFaces';
import { age, count, KIND_WORDS, meaningOf, troubleWords } from './words';

/** How a row looks; a word always stands beside it. */
export type RowLook = 'trouble' | 'unknown' | 'busy' | 'ok' | 'done' | 'off' | 'group';

/** What the actions of a row are about. */
export interface Subject {
  readonly kind: 'Pod' | WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

/** One row of the Platform view. */
export interface Row {
  /** The same for as long as the row stands for the same thing. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly look: RowLook;
  /** What a screen reader says. */
  readonly spoken: string;
  /** The words that menus match: what can be done with it. */
  readonly context: string;
  readonly facts: readonly { readonly title: string; readonly text: string }[];
  /** Whether the row is open when it first appears; undefined for one without rows below it. */
  readonly open: boolean | undefined;
  readonly children: readonly Row[];
  readonly subject?: Subject;
}

type Draft = Pick<Row, 'id' | 'label' | 'look'> & {
  readonly parts: readonly string[];
  /** What is said besides what is shown. */
  readonly aside?: string;
  readonly context?: readonly string[];
  readonly facts?: Row['facts'];
  readonly open?: boolean;
  readonly children?: readonly Row[];
  readonly subject?: Subject;
};

function row({ parts, aside, context = [], facts = [], open = false, children = [], ...rest }: Draft): Row {
  const told = parts.filter(Boolean);
  return {
    ...rest,
    description: told.join(' · '),
    spoken: [rest.label, aside ?? '', ...told].filter(Boolean).join(', '),
    context: context.join(' '),
    facts,
    open: children.length > 0 ? open : undefined,
    children,
  };
}

/** Trouble first, everything else by name: a row keeps its place while it comes and goes between waiting and running. */
const inOrder = (rows: readonly Row[]): Row[] =>
  rows.toSorted(
    (a, b) =>
      Number(b.look === 'trouble') - Number(a.look === 'trouble') ||
      (a.label < b.label ? -1 : Number(a.label > b.label)),
  );

const restartsText = (restarts: number): string => (restarts === 0 ? '' : count(restarts, 'restart'));

/** Reasons that say no more of a pod that failed than that it did. */
const NO_NEWS: ReadonlySet<string> = new Set(['Error', 'Failed']);

function podWords(pod: Pod): string {
  const { phase, terminating, trouble, readyContainers, containers } = pod;
  if (terminating) return 'is ending';
  if (phase === 'Succeeded') return 'done';
  if (phase === 'Failed')
    return trouble && !NO_NEWS.has(trouble.reason) ? `failed: ${meaningOf(trouble).words}` : 'failed';
  if (trouble) return meaningOf(trouble).words;
  if (phase === 'Pending') return 'waits to be started';
  if (phase === 'Unknown') return 'not known: the host gives no news of it';
  return readyContainers < containers.length
    ? `runs, ${readyContainers} of ${containers.length} ready`
    : 'running';
}

function podLook(state: PlatformState, pod: Pod): RowLook {
  if (pod.phase === 'Succeeded') return 'done';
  if (pod.phase === 'Failed' || pod.terminating) return 'off';
  if (isTrouble(state, pod)) return 'trouble';
  if (pod.phase === 'Unknown') return 'unknown';
  const runs = pod.phase === 'Running' && pod.trouble === undefined;
  return runs && pod.readyContainers >= pod.containers.length ? 'ok' : 'busy';
}

const podFacts = ({ trouble, owner, containers, initContainers }: Pod): Row['facts'] =>
  [
    ...(trouble
      ? [
          { title: 'Now', text: [troubleWords(trouble), trouble.message].filter(Boolean).join('. ') },
          { title: 'What to do', text: meaningOf(trouble).next },
        ]
      : []),
    { title: 'Belongs to', text: owner ? `${owner.kind} ${owner.name}` : 'nothing that would replace it' },
    { title: 'Containers', text: containers.join(', ') },
    { title: 'Run before them', text: initContainers.join(', ') },
  ].filter(({ text }) => text !== '');

const canRestart = (pod: Pod): boolean => !isFinished(pod) && !pod.terminating;

function podRow(state: PlatformState, pod: Pod, now: number): Row {
  const { namespace, name } = pod;
  return row({
    id: `pod:${namespace}/${name}`,
    label: name,
    look: podLook(state, pod),
    parts: [podWords(pod), restartsText(pod.restarts), age(pod.createdAt, now)],
    aside: `pod in ${namespace}`,
    context: ['pod', 'loggable', 'describable', ...(canRestart(pod) ? ['restartable'] : [])],
    facts: podFacts(pod),
    subject: { kind: 'Pod', namespace, name },
  });
}

/** Pods that ended, folded away: there may be many, and what matters of them the workload says. */
function endedRow(state: PlatformState, parent: string, pods: readonly Pod[], now: number): Row[] {
  if (pods.length === 0) return [];
  const failed = pods.filter(({ phase }) => phase === 'Failed').length;
  return [
    row({
      id: `${parent}/ended`,
      label: 'Ended pods',
      look: 'group',
      parts: [
        pods.length > failed ? `${pods.length - failed} done` : '',
        failed > 0 ? `${failed} failed` : '',
      ],
      children: inOrder(pods.map((pod) => podRow(state, pod, now))),
    }),
  ];
}

const podRows = (state: PlatformState, parent: string, pods: readonly Pod[], now: number): Row[] => [
  ...inOrder(pods.filter((pod) => !isFinished(pod)).map((pod) => podRow(state, pod, now))),
  ...endedRow(state, parent, pods.filter(isFinished), now),
];

/** What keeps a workload back, in words: the worst of its pods. */
function hindrance(state: PlatformState, pods: readonly Pod[]): string {
  const held = pods.filter((pod) => pod.trouble && !pod.terminating && !isFinished(pod));
  const worst = held.find((pod) => isTrouble(state, pod)) ?? held.find(isStuck) ?? held[0];
  return worst?.trouble ? meaningOf(worst.trouble).words : '';
}

function workloadWords(state: PlatformState, workload: Workload, pods: readonly Pod[]): string[] {
  const { wanted, available, failed, gaveUp } = workload;
  const tries = failed === 0 ? '' : count(failed, 'failed try', 'failed tries');
  if (isJob(workload)) {
    if (isComplete(workload)) return ['job done', tries];
    if (gaveUp) return ['job gave up', tries];
    return [
      pods.some((pod) => !isFinished(pod)) ? 'job runs' : 'job waits to be started',
      hindrance(state, pods),
      tries,
    ];
  }
  if (wanted === 0) return ['stopped'];
  const held = hindrance(state, pods);
  const there = `${available} of ${wanted} available`;
  // The end of a long text is cut off: what needs a person stands first.
  if (pods.some((pod) => isTrouble(state, pod))) return [held, there];
  return [there, held || (available < wanted ? 'starting' : '')];
}

function workloadLook(state: PlatformState, workload: Workload, pods: readonly Pod[]): RowLook {
  if (isJob(workload)) {
    if (isComplete(workload)) return 'done';
    if (workload.gaveUp) return 'trouble';
  }
  if (pods.some((pod) => isTrouble(state, pod))) return 'trouble';
  if (isJob(workload)) return 'busy';
  if (workload.wanted === 0) return 'off';
  return workload.available < workload.wanted ? 'busy' : 'ok';
}

function workloadRow(state: PlatformState, workload: Workload, pods: readonly Pod[], now: number): Row {
  const { kind, namespace, name } = workload;
  const id = `${kind}:${namespace}/${name}`;
  const face = faceOf(workload);
  const restarts = pods.reduce((sum, pod) => sum + pod.restarts, 0);
  const troubled = pods.find((pod) => isTrouble(state, pod))?.trouble;
  return row({
    id,
    label: name,
    look: workloadLook(state, workload, pods),
    parts: [
      ...workloadWords(state, workload, pods),
      isJob(workload) || kind === 'Deployment' ? '' : KIND_WORDS[kind][0],
      isJob(workload) ? '' : restartsText(restarts),
    ],
    aside: `${KIND_WORDS[kind][0]} in ${namespace}`,
    context: [
      'workload',
      'describable',
      ...(pods.length > 0 ? ['loggable'] : []),
      ...(pods.some(canRestart) ? ['restartable'] : []),
      ...(face && workload.available > 0 ? ['face'] : []),
    ],
    facts: [
      { title: 'Kind', text: kind },
      ...(troubled
        ? [
            { title: 'Now', text: [troubleWords(troubled), troubled.message].filter(Boolean).join('. ') },
            { title: 'What to do', text: meaningOf(troubled).next },
          ]
        : []),
      ...(workload.gaveUp && !isComplete(workload)
        ? [
            {
              title: 'What to do',
              text: 'Open the log of its last try: it says why. Kubernetes starts no further one by itself.',
            },
          ]
        : []),
      ...(face ? [{ title: 'Web face', text: face.title }] : []),
    ],
    children: podRows(state, id, pods, now),
    subject: { kind, namespace, name },
  });
}

const FORBIDDEN = 'your account may not look into it';

function namespaceRow(
  state: PlatformState,
  namespace: string,
  workloads: readonly Workload[],
  pods: readonly Pod[],
  now: number,
): Row {
  const id = `namespace:${namespace}`;
  const owned = new Map<Workload, Pod[]>(workloads.map((workload) => [workload, []]));
  const byName = new Map(workloads.map((workload) => [`${workload.kind}/${workload.name}`, workload]));
  const loose: Pod[] = [];
  for (const pod of pods) {
    const workload = pod.owner && byName.get(`${pod.owner.kind}/${pod.owner.name}`);
    const list = workload && owned.get(workload);
    if (list) list.push(pod);
    else loose.push(pod);
  }
  const rowOf = (workload: Workload) => workloadRow(state, workload, owned.get(workload) ?? [], now);
  const isDone = (workload: Workload) => isJob(workload) && isComplete(workload);
  const done = inOrder(workloads.filter(isDone).map(rowOf));
  const current = inOrder([
    ...workloads.filter((workload) => !isDone(workload)).map(rowOf),
    ...loose.filter((pod) => !isFinished(pod)).map((pod) => podRow(state, pod, now)),
  ]);
  const lasting = workloads.filter((workload) => !isJob(workload) && workload.wanted > 0);
  const available = lasting.filter((workload) => workload.available >= workload.wanted).length;
  const troubles = current.filter(({ look }) => look === 'trouble').length;
  const busy = current.filter(({ look }) => look === 'busy' || look === 'unknown').length;
  const jobs = workloads.filter((workload) => isJob(workload) && !isDone(workload)).length;
  return row({
    id,
    label: namespace,
    look: troubles > 0 ? 'trouble' : busy > 0 ? 'busy' : 'ok',
    parts: [
      troubles > 0 ? `${troubles} need${troubles === 1 ? 's' : ''} attention` : '',
      lasting.length > 0 ? `${available} of ${lasting.length} available` : '',
      jobs > 0 ? `${count(jobs, 'job')} to finish` : '',
      lasting.length === 0 && jobs === 0 && pods.length > 0 ? count(pods.length, 'pod') : '',
      isOfPlatform(namespace) ? '' : 'not part of Kaapana',
    ],
    aside: 'namespace',
    context: ['namespace'],
    open: troubles > 0,
    children: [
      ...current,
      ...(done.length === 0
        ? []
        : [
            row({
              id: `${id}/jobs`,
              label: 'Finished jobs',
              look: 'group',
              parts: [`${done.length} done`],
              children: done,
            }),
          ]),
      ...endedRow(state, id, loose.filter(isFinished), now),
    ],
  });
}

const grouped = <T extends { readonly namespace: string }>(objects: readonly T[]): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const object of objects) {
    const group = groups.get(object.namespace);
    if (group) group.push(object);
    else groups.set(object.namespace, [object]);
  }
  return groups;
};

/** The whole tree for one state: namespaces, their workloads and pods; what is troubled first, the platform before the rest. */
export function rowsOf(state: PlatformState, now: number): Row[] {
  const workloads = grouped(state.workloads);
  const pods = grouped(state.pods);
  const names = [...new Set([...state.namespaces, ...workloads.keys(), ...pods.keys()])].filter(
    (name) => workloads.has(name) || pods.has(name),
  );
  const rows = names.map((name) =>
    namespaceRow(state, name, workloads.get(name) ?? [], pods.get(name) ?? [], now),
  );
  const hidden = state.forbidden.map((name) =>
    row({
      id: `namespace:${name}`,
      label: name,
      look: 'unknown',
      parts: [FORBIDDEN],
      aside: 'namespace',
      context: ['namespace'],
    }),
  );
  const seen = new Set(names);
  const all = inOrder([...rows, ...hidden.filter(({ label }) => !seen.has(label))]);
  const ours = ({ label }: Row) => isOfPlatform(label);
  return [...all.filter(ours), ...all.filter((each) => !ours(each))];
}

/** Every row by its id, from the top down. */
export function indexed(rows: readonly Row[], into = new Map<string, Row>()): Map<string, Row> {
  for (const each of rows) {
    into.set(each.id, each);
    indexed(each.children, into);
  }
  return into;
}

const own = ({ children, ...rest }: Row): string => JSON.stringify([rest, children.map(({ id }) => id)]);

/**
 * The rows that show something else than before, or have others below them; undefined where the rows at the top have
 * come, gone or moved. A row that is not renewed keeps its buttons alive.
 */
export function renewed(
  before: { readonly top: readonly Row[]; readonly byId: ReadonlyMap<string, Row> },
  after: { readonly top: readonly Row[]; readonly byId: ReadonlyMap<string, Row> },
): string[] | undefined {
  const order = (rows: readonly Row[]) => rows.map(({ id }) => id).join('\n');
  if (order(before.top) !== order(after.top)) return undefined;
  return [...after.byId].flatMap(([id, now]) => {
    const then = before.byId.get(id);
    // A row that is new is drawn with the one above it.
    return then && own(then) !== own(now) ? [id] : [];
  });
}
