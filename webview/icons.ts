import { drawn } from './draw';
import type { Tone } from './protocol';

const RING = 'M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13z';

/** Outlines on a field of 16 by 16, named as VS Code names the icons that the tree shows. */
const PATHS: Readonly<Record<string, string>> = {
  pass: `${RING}M5 8.2l2.1 2.1L11 6.2`,
  check: 'M3 8.5l3.3 3.3L13 4.8',
  error: `${RING}M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6`,
  warning: 'M8 2L14.6 13.5H1.4zM8 6.3v3.5M8 11.4v.7',
  question: `${RING}M6.2 6.3a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.7-.8 1.3M8 11v.7`,
  info: `${RING}M8 7.2v4M8 4.7v.7`,
  sync: 'M13.5 8a5.5 5.5 0 0 1-10 3.2M2.5 8a5.5 5.5 0 0 1 10-3.2M12.8 2v3H9.8M3.2 14v-3h3',
  loading: 'M8 1.5a6.5 6.5 0 0 1 6.5 6.5',
  account: 'M8 2a2.8 2.8 0 1 1 0 5.6A2.8 2.8 0 0 1 8 2zM2.5 14c.4-3 2.6-4.4 5.5-4.4s5.1 1.4 5.5 4.4',
  book: 'M8 4c-1.4-1-3.3-1.2-6-1.2v9.6c2.7 0 4.6.2 6 1.2 1.4-1 3.3-1.2 6-1.2V2.8c-2.7 0-4.6.2-6 1.2zM8 4v9.6',
  discard: 'M3 3v4h4M3.3 6.8A5.5 5.5 0 1 1 4 11.5',
  'debug-step-over': 'M2 8.5a6 6 0 0 1 11-2M13.5 3v4h-4M8 11.2a1.3 1.3 0 1 1 0 2.6a1.3 1.3 0 0 1 0-2.6z',
  'circle-slash': `${RING}M3.6 3.6l8.8 8.8`,
  'comment-unresolved': 'M2 3h12v8H7l-3 2.5V11H2zM8 5v2.6M8 9v.5',
  'circle-large-outline': RING,
  'circle-outline': 'M8 4.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7z',
};

/** An icon. It never stands alone: screen readers hear the word beside it. */
export const icon = (name: string, tone?: Tone): SVGElement =>
  drawn(
    'svg',
    {
      viewBox: '0 0 16 16',
      class: tone === 'busy' ? 'icon turning' : 'icon',
      'aria-hidden': 'true',
      'data-key': name,
    },
    drawn('path', { d: PATHS[name] ?? RING }),
  );

const rectangle = (part: number, kind: string): SVGElement =>
  drawn('rect', {
    class: kind,
    'data-key': kind,
    width: `${Math.round(1000 * Math.min(1, Math.max(0, part))) / 10}%`,
    height: '100%',
  });

/** A bar from 0 to 1, drawn so that paper shows it too. */
export const bar = (part: number, tone: Tone): SVGElement =>
  drawn(
    'svg',
    { class: `bar ${tone}`, 'aria-hidden': 'true' },
    rectangle(1, 'rail'),
    rectangle(part, 'part'),
  );
