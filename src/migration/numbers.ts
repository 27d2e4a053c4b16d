import * as l10n from '@vscode/l10n';
import { commandOf, type Command } from './command';
import { isFields } from './fields';
import type { Guide } from './guide';
import { quote } from './quote';

/** What the platform held before the migration, and what it held when it was counted again. */
export interface CountedNumber {
  readonly title: string;
  readonly before: number;
  /** Undefined until it was counted again. */
  readonly now: number | undefined;
}

/** What is counted, by the names under which the steps write it down; a name ending in "/" stands for all below it. */
const GROUPS: readonly { readonly key: string; readonly title: () => string }[] = [
  { key: 'series', title: () => l10n.t('Image series') },
  { key: 'studies', title: () => l10n.t('Studies') },
  { key: 'images', title: () => l10n.t('Images') },
  { key: 'users', title: () => l10n.t('Users') },
  { key: 'documents/', title: () => l10n.t('Metadata documents') },
  { key: 'objects/', title: () => l10n.t('Stored objects') },
];

const isCounted = (key: string, group: string): boolean =>
  group.endsWith('/') ? key.startsWith(group) : key === group;

/**
 * Composes the text that prints the recorded numbers: one line before, one line after; empty where nothing was recorded.
 * It reads two files that the steps keep in the run's folder.
 */
export function composeNumbers(guide: Guide): Command {
  const text = [
    '#!/usr/bin/env bash',
    `# ${guide.title} · recorded numbers`,
    `kept=\${XDG_STATE_HOME:-$HOME/.local/state}/kaapana-migration/runs/${quote(guide.id)}/kept`,
    'for record in baseline accepted; do',
    `  { cat "$kept/$record.json" 2>/dev/null || true; } | tr -d '\\n'`,
    `  printf '\\n'`,
    'done',
    '',
  ].join('\n');
  return commandOf(text);
}

function numbersIn(line: string): Record<string, number> | undefined {
  try {
    const record: unknown = JSON.parse(line);
    if (!isFields(record) || !isFields(record['numbers'])) return undefined;
    const numbers = Object.entries(record['numbers']).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    );
    return Object.fromEntries(numbers);
  } catch {
    return undefined;
  }
}

function total(numbers: Readonly<Record<string, number>>, group: string): number | undefined {
  const counted = Object.entries(numbers).filter(([key]) => isCounted(key, group));
  return counted.length === 0 ? undefined : counted.reduce((sum, [, number]) => sum + number, 0);
}

/** Reads what `composeNumbers` printed. Empty where nothing was recorded. */
export function parseNumbers(output: string): CountedNumber[] {
  const [before, now] = output.split('\n').map(numbersIn);
  if (!before) return [];
  return GROUPS.flatMap(({ key, title }) => {
    const old = total(before, key);
    return old === undefined ? [] : [{ title: title(), before: old, now: now && (total(now, key) ?? 0) }];
  });
}
