/** kubectl's jsonpath, as far as steps use it: text, "quoted text", {range PATH}…{end} and {PATH}. */

/** The parts of a path: keys, [*], [2], ['key'] and [?(@.key=="value")]. */
function parts(path) {
  const found = [];
  const token =
    /\.?\[\?\(@((?:\.[^=!<>]+)?)\s*(==|!=)\s*["']([^"']*)["']\)\]|\.?\[(\*|-?\d+)\]|\['([^']*)'\]|\.((?:\\.|[^.[\]\\])+)/gy;
  const rest = path.replace(/^[@$]/, '');
  while (token.lastIndex < rest.length) {
    const match = token.exec(rest);
    if (!match) throw new Error(`error: error parsing jsonpath ${path}`);
    const [, filterPath, operator, wanted, index, quoted, key] = match;
    if (operator) found.push({ filter: parts(filterPath), equal: operator === '==', wanted });
    else if (index === '*' || key === '*') found.push({ all: true });
    else if (index !== undefined) found.push({ index: Number(index) });
    else found.push({ key: quoted ?? key.replaceAll(/\\(.)/g, '$1') });
  }
  return found;
}

const children = (value) => (typeof value === 'object' && value !== null ? Object.values(value) : []);

function step(part, value) {
  if (part.all) return children(value);
  if (part.filter)
    return children(value).filter(
      (child) => (String(walk(part.filter, child)[0] ?? '') === part.wanted) === part.equal,
    );
  if (typeof value !== 'object' || value === null) return [];
  const child = part.key === undefined ? value.at?.(part.index) : value[part.key];
  return child === undefined || child === null ? [] : [child];
}

function walk(path, value) {
  return path.reduce((values, part) => values.flatMap((each) => step(part, each)), [value]);
}

const shown = (value) => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** What a template shows of an object; a path that leads nowhere shows nothing. */
export function jsonpath(template, object) {
  const tokens = template.match(/\{[^}]*\}|[^{]+/g) ?? [];
  const block = (at, values) => {
    let end = at;
    let text = '';
    for (const value of values.length > 0 ? values : [undefined]) {
      end = at;
      for (; end < tokens.length && tokens[end] !== '{end}'; end++) {
        const token = tokens[end];
        const inner = token.startsWith('{') ? token.slice(1, -1).trim() : undefined;
        if (inner === undefined) text += value === undefined ? '' : token;
        else if (inner.startsWith('range ')) {
          const [below, after] = block(end + 1, walk(parts(inner.slice(6).trim()), value));
          text += below;
          end = after;
        } else if (value === undefined) continue;
        else if (/^["']/.test(inner)) text += JSON.parse(`"${inner.slice(1, -1)}"`);
        else text += walk(parts(inner), value).map(shown).join(' ');
      }
    }
    return [text, end];
  };
  return block(0, [object])[0];
}
