import { librariesOf, type Guide } from './guide';
import { sha256 } from './hash';

/** What a run is pinned to: the guide with every step's text. A changed plan is never resumed silently. */
export interface Plan {
  readonly text: string;
  readonly sha256: string;
}

export function planOf(guide: Guide): Plan {
  const text = `${JSON.stringify({
    guide: guide.id,
    steps: guide.steps.map((step) => ({
      id: step.id,
      risk: step.risk,
      needs: step.needs.steps,
      script:
        step.script === undefined ? null : sha256([...librariesOf(guide, step), step.script].join('\n')),
    })),
  })}\n`;
  return { text, sha256: sha256(text) };
}
