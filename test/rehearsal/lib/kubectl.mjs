import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { becomeReady } from './deploy.mjs';
import { find, fullKind, isClusterWide, kindOf, list, previous, remove, save } from './objects.mjs';
import { jsonpath } from './jsonpath.mjs';
import { patched } from './patch.mjs';

/**
 * What the stand-in of kubectl does besides exec. Further state that it looks at:
 *   services/<namespace>/<name>  host:port at which a service of that name answers; port-forward leads there
 *   logs/<namespace>/<name>      what `logs` shows
 *   raw/<path>                   what `get --raw /<path>` shows
 *   kubeconfig                   what `config view --raw` shows
 *   hooks/after-<verb>           run after each change, with kind, namespace and name
 * Objects are taken as JSON only.
 */
const STATE = process.env.KAAPANA_REHEARSAL_STATE;

const WITH_VALUE = {
  '-n': 'namespace',
  '-o': 'output',
  '-l': 'selector',
  '-p': 'patch',
  '-f': 'filename',
  '-c': 'container',
};
const LONG_WITH_VALUE = new Set([
  'namespace',
  'output',
  'selector',
  'patch',
  'patch-file',
  'filename',
  'container',
  'type',
  'for',
  'timeout',
  'replicas',
  'tail',
  'address',
  'field-selector',
  'sort-by',
  'raw',
  'since',
  'revision',
]);

function parse(args) {
  const words = [];
  const options = {};
  for (let at = 0; at < args.length; at++) {
    const word = args[at];
    const [, long, value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (long) options[long] = value ?? (LONG_WITH_VALUE.has(long) ? args[++at] : 'true');
    else if (word === '-A') options['all-namespaces'] = 'true';
    else if (WITH_VALUE[word]) options[WITH_VALUE[word]] = args[++at];
    else if (/^-o./.test(word)) options.output = word.slice(2);
    else words.push(word);
  }
  return { words, options };
}

const { words, options } = parse(process.argv.slice(2));
const [verb, ...operands] = words;
const namespace = options.namespace ?? 'default';
const print = (text) => process.stdout.write(`${text}\n`);
const fail = (message, code = 1) => {
  process.stderr.write(`${message}\n`);
  process.exit(code);
};
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const notFound = (kind, name) => {
  const [single, group] = fullKind(kind).split(/\.(.*)/);
  const plural = single.endsWith('s') ? `${single}es` : `${single}s`;
  return `Error from server (NotFound): ${plural}${group ? `.${group}` : ''} "${name}" not found`;
};

/** What operands name: `KIND`, `KIND NAME…`, `KIND/NAME…`, several kinds with commas. */
function named(operandsLeft) {
  if (operandsLeft.every((word) => word.includes('/')))
    return operandsLeft.map((word) => ({ kind: kindOf(word.split('/')[0]), name: word.split('/')[1] }));
  const [kinds, ...wanted] = operandsLeft;
  return kinds
    .split(',')
    .map(kindOf)
    .flatMap((kind) => (wanted.length === 0 ? [{ kind }] : wanted.map((name) => ({ kind, name }))));
}

/** The objects that operands and selectors name; a name that is not there is told. */
function wanted(targets) {
  const spaces = options['all-namespaces'] ? undefined : namespace;
  return targets.flatMap(({ kind, name }) => {
    if (name === undefined)
      return list(kind, spaces, { labels: options.selector, fields: options['field-selector'] });
    const object = find(kind, namespace, name);
    if (!object && !options['ignore-not-found']) fail(notFound(kind, name));
    return object ? [object] : [];
  });
}

const short = (object) => `${fullKind(kindOf(object.kind))}/${object.metadata.name}`;

function table(objects) {
  if (objects.length === 0)
    return process.stderr.write(
      options['all-namespaces'] ? 'No resources found\n' : `No resources found in ${namespace} namespace.\n`,
    );
  for (const object of objects)
    print(
      [
        ...(options['all-namespaces'] ? [object.metadata.namespace ?? ''] : []),
        objects.length > 0 && operands[0].includes(',') ? short(object) : object.metadata.name,
        object.status?.phase ?? '',
      ].join('   '),
    );
}

function get() {
  if (options.raw !== undefined) {
    const file = join(STATE, 'raw', options.raw.split('?')[0]);
    if (!existsSync(file))
      fail('Error from server (NotFound): the server could not find the requested resource');
    return process.stdout.write(readFileSync(file));
  }
  const targets = named(operands);
  const objects = wanted(targets);
  const single = targets.length === 1 && targets[0].name !== undefined;
  if (single && objects.length === 0) return undefined;
  const shown = single ? objects[0] : { apiVersion: 'v1', kind: 'List', metadata: {}, items: objects };
  const output = options.output ?? '';
  if (output === 'json' || output === 'yaml') print(JSON.stringify(shown, null, 4));
  else if (output === 'name') for (const object of objects) print(short(object));
  else if (output.startsWith('jsonpath='))
    process.stdout.write(jsonpath(output.slice('jsonpath='.length), shown));
  else if (output === '' || output === 'wide') table(objects);
  else fail(`error: the rehearsal's kubectl has no output format ${output}`, 64);
}

/** The objects of -f, which is a file or `-`. */
function given() {
  const text = readFileSync(options.filename === '-' ? 0 : options.filename, 'utf8');
  let object;
  try {
    object = JSON.parse(text);
  } catch {
    fail(`error: error parsing ${options.filename}: the rehearsal's kubectl reads JSON only`);
  }
  return (object.items ?? [object]).map((each) => ({
    object: each,
    kind: kindOf(each.kind),
    space: each.metadata.namespace ?? namespace,
  }));
}

const dryRun =
  options['dry-run'] === undefined || options['dry-run'] === 'none' ? '' : ` (${options['dry-run']} dry run)`;

function write(kind, space, object, done) {
  if (!isClusterWide(kind) && !find('ns', '_', space))
    fail(`Error from server (NotFound): namespaces "${space}" not found`);
  if (dryRun === '') save(verb, kind, space, object);
  if (options.output === 'json') print(JSON.stringify(object));
  else print(`${short({ ...object, kind })} ${done}${dryRun}`);
}

const hasConflict = (before, object) =>
  object.metadata.resourceVersion !== undefined &&
  object.metadata.resourceVersion !== (before.metadata.resourceVersion ?? '1');

const COMMANDS = {
  get,
  describe: get,
  version: () =>
    print(
      options.output === 'json'
        ? JSON.stringify({
            clientVersion: { gitVersion: 'v1.28.15' },
            serverVersion: { gitVersion: list('node')[0]?.status.nodeInfo.kubeletVersion },
          })
        : 'Client Version: v1.28.15',
    ),
  config: () => process.stdout.write(readFileSync(join(STATE, 'kubeconfig'))),

  create() {
    for (const { object, kind, space } of given()) {
      object.metadata.name ??= `${object.metadata.generateName}${Date.now().toString(36).slice(-5)}`;
      if (find(kind, space, object.metadata.name))
        fail(`Error from server (AlreadyExists): ${fullKind(kind)} "${object.metadata.name}" already exists`);
      write(kind, space, object, 'created');
    }
  },
  apply() {
    for (const { object, kind, space } of given()) {
      const before = find(kind, space, object.metadata.name);
      write(kind, space, patched(before ?? {}, 'strategic', object), before ? 'configured' : 'created');
    }
  },
  replace() {
    for (const { object, kind, space } of given()) {
      const before = find(kind, space, object.metadata.name);
      if (!before) fail(notFound(kind, object.metadata.name));
      if (hasConflict(before, object))
        fail(
          `Error from server (Conflict): Operation cannot be fulfilled on ${fullKind(kind)} "${object.metadata.name}": the object has been modified; please apply your changes to the latest version and try again`,
        );
      write(kind, space, object, 'replaced');
    }
  },
  patch() {
    const text =
      options.patch ?? readFileSync(options['patch-file'] === '-' ? 0 : options['patch-file'], 'utf8');
    for (const object of wanted(named(operands))) {
      const kind = kindOf(object.kind);
      const after = patched(object, options.type ?? 'strategic', JSON.parse(text));
      const same = JSON.stringify(after) === JSON.stringify(object);
      write(kind, object.metadata.namespace, after, same ? 'patched (no change)' : 'patched');
    }
  },
  scale() {
    for (const object of wanted(named(operands))) {
      object.spec = { ...object.spec, replicas: Number(options.replicas) };
      write(kindOf(object.kind), object.metadata.namespace, object, 'scaled');
    }
  },
  delete() {
    const targets = options.filename
      ? given()
          .map(({ object, kind, space }) => find(kind, space, object.metadata.name))
          .filter(Boolean)
      : wanted(named(operands));
    if (!options.filename && !options.all && !options.selector && named(operands).some(({ name }) => !name))
      fail('error: resource(s) were provided, but no name was specified');
    for (const object of targets) {
      if (dryRun === '') remove(kindOf(object.kind), object.metadata.namespace, object.metadata.name);
      const [kind, group] = fullKind(kindOf(object.kind)).split(/\.(.*)/);
      print(`${kind}${group ? `.${group}` : ''} "${object.metadata.name}" deleted${dryRun}`);
    }
    if (targets.length === 0 && !options['ignore-not-found']) print('No resources found');
  },

  async rollout() {
    const [action, ...rest] = operands;
    const [object] = wanted(named(rest));
    const kind = kindOf(object.kind);
    const { name } = object.metadata;
    if (action === 'status') {
      await waitUntil(() => {
        const now = find(kind, namespace, name);
        return now && (now.status?.availableReplicas ?? 0) >= (now.spec?.replicas ?? 1);
      }, 'error: timed out waiting for the condition');
      return print(`${fullKind(kind).split('.')[0]} "${name}" successfully rolled out`);
    }
    if (action === 'restart') {
      const stamp = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
      const after = patched(object, 'merge', { spec: { template: { metadata: { annotations: stamp } } } });
      return write(kind, namespace, after, 'restarted');
    }
    if (action === 'undo') {
      const before = previous(kind, namespace, name);
      if (!before) fail(`error: no rollout history found for ${fullKind(kind)} "${name}"`);
      object.spec.template = before.spec.template;
      return write(kind, namespace, object, 'rolled back');
    }
    return fail(`error: the rehearsal's kubectl has no command rollout ${action}`, 64);
  },

  async wait() {
    const [what, condition = ''] = options.for.split(/=(.*)/s);
    const targets = named(operands);
    if (what !== 'delete' && wanted(targets).length === 0) fail('error: no matching resources found');
    await waitUntil(
      () => {
        const objects = targets.flatMap(({ kind, name }) =>
          name === undefined
            ? list(kind, namespace, { labels: options.selector })
            : (find(kind, namespace, name) ?? []),
        );
        if (what === 'delete') return objects.length === 0;
        if (what === 'jsonpath') {
          const [path, value] = condition.split(/=(.*)/s);
          return objects.every(
            (object) => jsonpath(path.replaceAll("'", ''), object) === value.replaceAll("'", ''),
          );
        }
        return objects.every((object) => meets(object, condition.toLowerCase()));
      },
      `error: timed out waiting for the condition on ${operands.join('/')}`,
    );
    print(`${operands.join('/')} condition met`);
  },

  logs() {
    const file = join(STATE, 'logs', namespace, operands[0].split('/').at(-1));
    if (existsSync(file)) process.stdout.write(readFileSync(file));
  },

  async 'port-forward'() {
    const name = operands[0].split('/').at(-1);
    const file = join(STATE, 'services', namespace, name);
    if (!existsSync(file)) fail(`Error from server (NotFound): services "${name}" not found`);
    const [host, port] = readFileSync(file, 'utf8').trim().split(':');
    for (const pair of operands.slice(1)) await forward(pair, host, Number(port));
  },
};

function meets(object, condition) {
  const { status = {}, spec = {} } = object;
  const said = status.conditions?.find(({ type }) => type.toLowerCase() === condition);
  if (said) return said.status === 'True';
  if (condition === 'complete') return (status.succeeded ?? 0) >= 1;
  if (condition === 'available') return (status.availableReplicas ?? 0) >= (spec.replicas ?? 1);
  if (condition === 'ready') return (status.containerStatuses ?? []).every(({ ready }) => ready);
  return false;
}

async function waitUntil(condition, message) {
  const [, amount = '30', unit = 's'] = /^(\d+)([smh]?)$/.exec(options.timeout ?? '30s') ?? [];
  const end = Date.now() + Number(amount) * { '': 1000, s: 1000, m: 60_000, h: 3_600_000 }[unit];
  while (!condition()) {
    if (Date.now() >= end) fail(message);
    await pause(50);
  }
}

/** A real way from a port of the loopback interface to where the service answers; lives until it is killed. */
async function forward(pair, host, port) {
  const [local, remote = local] = pair.split(':');
  const server = createServer((socket) => {
    const way = connect(port, host);
    socket.pipe(way).pipe(socket);
    socket.on('error', () => way.destroy());
    way.on('error', () => socket.destroy());
  });
  server.on('error', () =>
    fail(
      `Unable to listen on port ${local}: Listeners failed to create\nerror: unable to listen on any of the requested ports: [{${local} ${remote}}]`,
    ),
  );
  await new Promise((resolve) => server.listen(Number(local), '127.0.0.1', resolve));
  print(`Forwarding from 127.0.0.1:${server.address().port} -> ${remote}`);
}

try {
  becomeReady();
  if (!COMMANDS[verb]) fail(`error: the rehearsal's kubectl has no command ${words.join(' ')}`, 64);
  await COMMANDS[verb]();
} catch (error) {
  fail(error.message);
}
