import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';
import type { Guide } from './guide';
import { sha256 } from './hash';
import { textsOf, type GuideWords } from './translation';

/** Under this name each section, parameter and step tells the English text that it translates. */
const ENGLISH = 'english';

/**
 * Reads a translation, checked against its guide: each text has to stand for one of the guide's, as that is worded now.
 * Mistakes name their line.
 */
export function loadTranslation(
  guide: Guide,
  file: string,
  yaml: string,
): { readonly words: GuideWords } | { readonly problems: readonly string[] } {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines });
  const problems = document.errors.map(({ message }) => `${file} ${message.split('\n')[0] ?? ''}`);
  const words: Record<string, string> = {};
  const texts = textsOf(guide);
  const english = digests(texts);
  const problem = (node: unknown, text: string) => {
    const { line } = lines.linePos((node as Node | null)?.range?.[0] ?? 0);
    problems.push(`${file}:${line} ${text}`);
  };
  const read = (node: unknown, place: string): void => {
    if (isMap(node)) {
      const digest = english.get(place);
      if (digest !== undefined && node.get(ENGLISH) !== digest)
        problem(
          node,
          `"${place}" is not known to translate the English text as it is now. Compare them, then write "${ENGLISH}: ${digest}" here.`,
        );
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : '';
        if (digest === undefined || name !== ENGLISH) read(value, [place, name].filter(Boolean).join('.'));
      }
      return;
    }
    if (isSeq(node)) {
      node.items.forEach((item, index) => {
        read(item, `${place}.${index}`);
      });
      return;
    }
    const text = isScalar(node) ? node.value : undefined;
    if (typeof text === 'string' && texts.has(place)) words[place] = text.trim();
    else problem(node, `The guide has no text "${place}".`);
  };
  read(document.contents, '');
  return problems.length > 0 ? { problems } : { words };
}

/** What tells one wording from another, by section, parameter and step (`steps.drain`). */
function digests(texts: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const wordings = new Map<string, string>();
  for (const [place, text] of texts) {
    const owner = place.split('.').slice(0, 2).join('.');
    wordings.set(owner, `${wordings.get(owner) ?? ''}${place}: ${text}\n`);
  }
  // A letter in front: digits alone, or with an `e` among them, would be a number in YAML.
  return new Map([...wordings].map(([owner, wording]) => [owner, `v${sha256(wording).slice(0, 8)}`]));
}
