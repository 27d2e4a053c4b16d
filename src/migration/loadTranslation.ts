import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';
import type { Guide } from './guide';
import { placesOf, type GuideWords } from './translation';

/** Reads a translation, checked against its guide: each text has to stand for one of the guide's. Mistakes name their line. */
export function loadTranslation(
  guide: Guide,
  file: string,
  yaml: string,
): { readonly words: GuideWords } | { readonly problems: readonly string[] } {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines });
  const problems = document.errors.map(({ message }) => `${file} ${message.split('\n')[0] ?? ''}`);
  const words: Record<string, string> = {};
  const places = new Set(placesOf(guide));
  const read = (node: unknown, place: string): void => {
    if (isMap(node)) {
      for (const { key, value } of node.items)
        read(value, [place, isScalar(key) ? String(key.value) : ''].filter(Boolean).join('.'));
      return;
    }
    if (isSeq(node)) {
      node.items.forEach((item, index) => read(item, `${place}.${index}`));
      return;
    }
    const text = isScalar(node) ? node.value : undefined;
    if (typeof text === 'string' && places.has(place)) {
      words[place] = text.trim();
      return;
    }
    const { line } = lines.linePos((node as Node | null)?.range?.[0] ?? 0);
    problems.push(`${file}:${line} The guide has no text "${place}".`);
  };
  read(document.contents, '');
  return problems.length > 0 ? { problems } : { words };
}
