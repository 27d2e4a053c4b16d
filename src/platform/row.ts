import type { WorkloadKind } from './types';

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

export function row({
  parts,
  aside,
  context = [],
  facts = [],
  open = false,
  children = [],
  ...rest
}: Draft): Row {
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
export const inOrder = (rows: readonly Row[]): Row[] =>
  rows.toSorted(
    (a, b) =>
      Number(b.look === 'trouble') - Number(a.look === 'trouble') ||
      (a.label < b.label ? -1 : Number(a.label > b.label)),
  );
