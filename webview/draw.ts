export type Child = Node | string;
export type Attributes = Readonly<Record<string, string | undefined>>;

/** The attributes that we gave an element; others are its own and are left alone. */
const given = new WeakMap<Element, Attributes>();

/** Text always becomes a text node: nothing of a guide or a host is ever read as markup. */
export function h(tag: string, attributes: Attributes = {}, ...children: readonly Child[]): HTMLElement {
  const node = document.createElement(tag);
  give(node, attributes);
  node.append(...children);
  return node;
}

const SVG = 'http://www.w3.org/2000/svg';

/** The same for a drawing. Screen readers hear the word beside it. */
export function drawn(tag: string, attributes: Attributes, ...children: readonly Node[]): SVGElement {
  const node = document.createElementNS(SVG, tag);
  give(node, attributes);
  node.append(...children);
  return node;
}

function give(node: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) node.setAttribute(name, value);
  given.set(node, attributes);
}

const keyOf = (node: Node): string | undefined =>
  node instanceof Element ? (given.get(node)?.['data-key'] ?? undefined) : undefined;

const alike = (a: Node, b: Node): boolean => a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

/** Makes an element show what another shows, and keeps what is already right: focus, scrolling and typed text live on. */
export function morph(old: Element, fresh: Element): void {
  const [before, after] = [given.get(old) ?? {}, given.get(fresh) ?? {}];
  for (const name of Object.keys(before)) if (after[name] === undefined) old.removeAttribute(name);
  for (const [name, value] of Object.entries(after))
    if (value !== undefined && before[name] !== value) old.setAttribute(name, value);
  given.set(old, after);

  const waiting = [...old.childNodes];
  let place: ChildNode | null = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const at = waiting.findIndex((candidate) => alike(candidate, child));
    const match = at < 0 ? undefined : waiting.splice(at, 1)[0];
    if (!match) {
      old.insertBefore(child, place);
      continue;
    }
    if (match === place) place = place.nextSibling;
    else old.insertBefore(match, place);
    if (match instanceof Element && child instanceof Element) morph(match, child);
    else if (match.textContent !== child.textContent) match.textContent = child.textContent;
  }
  for (const leftover of waiting) leftover.remove();
}
