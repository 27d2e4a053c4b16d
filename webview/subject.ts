import type { Kept } from './protocol';

export type Shown = Kept['shown'];

/** Whether a page is about the same step, or the same run, as what it showed before. What was typed there is for that host alone. */
export const sameSubject = (before: Shown | undefined, after: Shown): boolean =>
  before?.type === after.type &&
  before.page.host === after.page.host &&
  (after.type === 'overview' || (before.type === 'step' && before.page.id === after.page.id));
