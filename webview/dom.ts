import { h, type Attributes, type Child } from './draw';
import { icon } from './icons';
import type { StepPage } from './protocol';

type Look = StepPage['look'];

/** What stands there only when there is something to say. */
export const when = <T>(
  condition: T | undefined | '' | false,
  ...make: readonly ((value: T) => Child)[]
): Child[] =>
  condition === undefined || condition === '' || condition === false
    ? []
    : make.map((each) => each(condition));

/** A state: its icon and its word, never one of them alone. */
export const state = ({ word, icon: name, tone }: Look): HTMLElement =>
  h('span', { class: `look ${tone}` }, icon(name, tone), word);

export const iconOf = ({ icon: name, tone }: Look): HTMLElement =>
  h('span', { class: `look ${tone}` }, icon(name, tone));

/** A button of VS Code's look; what it does stands in its data attributes. */
export const button = (label: string, data: Attributes, primary = false): HTMLElement =>
  h(
    'vscode-button',
    { ...(primary ? {} : { secondary: '' }), ...data },
    h('span', { class: 'label' }, label),
  );

/** A button that reads like a link. */
export const link = (label: Child, data: Attributes): HTMLElement =>
  h('button', { type: 'button', class: 'link', ...data }, label);

/** A section with its heading. */
export function section(title: string, ...children: readonly Child[]): Child[] {
  if (children.length === 0) return [];
  return [h('section', { 'data-key': title }, h('h2', {}, title), ...children)];
}

/** A folded part that stays as the reader left it. */
export const folded = (key: string, title: Child, ...children: readonly Child[]): HTMLElement =>
  h('details', { 'data-key': key, 'data-fold': key }, h('summary', {}, title), ...children);

/** A table; each row's first cell names it. Below a certain width, cells stand under each other with their column's name. */
export function table(
  head: readonly string[],
  rows: readonly (readonly Child[])[],
  caption: string,
): HTMLElement {
  const cells = (row: readonly Child[]) =>
    row.map((cell, at) => h('td', { 'data-column': head[at] ?? '' }, cell));
  return h(
    'table',
    { 'aria-label': caption },
    h('thead', {}, h('tr', {}, ...head.map((title) => h('th', { scope: 'col' }, title)))),
    h('tbody', {}, ...rows.map((row) => h('tr', {}, ...cells(row)))),
  );
}
