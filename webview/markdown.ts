import { h, type Child } from './draw';

/** The little Markdown that guides use, as nodes. Whatever else stands in a text is shown as it is written. */
const INLINE = /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\[([^\]\n]+)\]\((https:\/\/[^\s)]+)\)/g;

export function inline(text: string): Child[] {
  const parts: Child[] = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, strong, label, url] = match;
    parts.push(text.slice(at, match.index));
    at = match.index + whole.length;
    if (code !== undefined) parts.push(h('code', {}, code));
    else if (strong !== undefined) parts.push(h('strong', {}, strong));
    else if (label !== undefined && url !== undefined) parts.push(h('a', { href: url }, label));
  }
  return [...parts, text.slice(at)].filter((part) => part !== '');
}

const ITEM = /^\s*(?:[-*]|\d+\.)\s+/;

/** Paragraphs and lists. */
export function blocks(text: string): HTMLElement[] {
  return text
    .trim()
    .split(/\n\s*\n/)
    .filter((block) => block !== '')
    .map((block) => {
      const lines = block.split('\n');
      if (!lines.every((line) => ITEM.test(line))) return h('p', {}, ...inline(lines.join(' ')));
      const items = lines.map((line) => h('li', {}, ...inline(line.replace(ITEM, ''))));
      return h(/^\s*\d/.test(block) ? 'ol' : 'ul', {}, ...items);
    });
}
