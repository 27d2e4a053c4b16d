/** The three kinds of patches. */

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** How a strategic patch tells the entries of a list from each other; lists of other names are replaced. */
const MERGE_KEYS = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  imagePullSecrets: 'name',
  volumeMounts: 'mountPath',
};

function mergeLists(old, changes, key, merge) {
  const merged = [...old];
  for (const change of changes) {
    const at = merged.findIndex((entry) => entry[key] === change[key]);
    if (change.$patch === 'delete') {
      if (at >= 0) merged.splice(at, 1);
    } else if (at >= 0) merged[at] = merge(merged[at], change);
    else merged.push(change);
  }
  return merged;
}

function merge(old, change, strategic) {
  if (!isObject(change)) return change;
  const merged = isObject(old) ? { ...old } : {};
  for (const [name, value] of Object.entries(change)) {
    const key = strategic ? MERGE_KEYS[name] : undefined;
    if (value === null) delete merged[name];
    else if (key && Array.isArray(value))
      merged[name] = mergeLists(merged[name] ?? [], value, key, (a, b) => merge(a, b, strategic));
    else merged[name] = merge(merged[name], value, strategic);
  }
  return merged;
}

function applyOperation(object, { op, path, value }) {
  const keys = path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop();
  const parent = keys.reduce((at, key) => at?.[key], object);
  const missing = parent === undefined || (op !== 'add' && parent[last] === undefined);
  if (missing)
    throw new Error(`The request is invalid: the server rejected our request due to an error in our request`);
  if (op === 'test') {
    if (JSON.stringify(parent[last]) !== JSON.stringify(value))
      throw new Error(`The request is invalid: testing path ${path} failed`);
  } else if (Array.isArray(parent)) {
    const at = last === '-' ? parent.length : Number(last);
    if (op === 'add') parent.splice(at, 0, value);
    else if (op === 'remove') parent.splice(at, 1);
    else parent[at] = value;
  } else if (op === 'remove') delete parent[last];
  else parent[last] = value;
}

/** An object after a patch of the type `strategic`, `merge` or `json`. */
export function patched(object, type, patch) {
  if (type !== 'json') return merge(object, patch, type === 'strategic');
  const copy = JSON.parse(JSON.stringify(object));
  for (const operation of patch) applyOperation(copy, operation);
  return copy;
}
