/** Which globs a caller speaks: git knows no braces, editors do. */
export type Dialect = 'git' | 'editor';

/** A glob as a regular expression for paths with `/`; `*` and `?` stay inside of a folder, `**` does not. */
export function globPattern(glob: string, dialect: Dialect): RegExp {
  return new RegExp(`^${translate(glob, dialect)}$`, 'u');
}

function translate(glob: string, dialect: Dialect): string {
  let source = '';
  for (let at = 0; at < glob.length;) {
    const [text, length] = part(glob, at, dialect);
    source += text;
    at += length;
  }
  return source;
}

/** What stands at a place of a glob, as a regular expression, and how long it is. */
function part(glob: string, at: number, dialect: Dialect): [text: string, length: number] {
  const rest = glob.slice(at);
  const opensFolder = at === 0 || glob[at - 1] === '/';
  if (opensFolder && rest.startsWith('**/')) return ['(?:[^/]+/)*', 3];
  if (opensFolder && rest === '**') return ['.+', 2];
  const stars = /^\*+/.exec(rest);
  if (stars) return ['[^/]*', stars[0].length];
  if (rest.startsWith('?')) return ['[^/]', 1];
  const set = /^\[([!^]?)(\]?(?:\\.|[^\]\\])*)\]/u.exec(rest);
  if (set) return [`(?!/)[${set[1] ? '^' : ''}${inSet(set[2] ?? '')}]`, set[0].length];
  if (dialect === 'git' && /^\\./u.test(rest)) return [literal(rest.slice(1, 2)), 2];
  const braces = dialect === 'editor' ? /^\{([^{}]*)\}/.exec(rest) : null;
  if (braces) {
    const choices = (braces[1] ?? '').split(',').map((one) => translate(one, dialect));
    return [`(?:${choices.join('|')})`, braces[0].length];
  }
  const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
  return [literal(character), character.length];
}

function inSet(characters: string): string {
  return characters.replace(/\\(.)/gu, '$1').replace(/[\\\][^&~|]/g, '\\$&');
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}
