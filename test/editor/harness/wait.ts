import { setTimeout as sleep } from 'node:timers/promises';

/** How long a condition may take before a test gives up; on a busy two-core machine VS Code is slow at times. */
export const PATIENCE_MS = 30_000;

/** Asks until the answer is neither undefined nor false; otherwise fails with what was seen last. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  options: { timeoutMs?: number; seen?: () => Promise<string> } = {},
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? PATIENCE_MS;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) {
      const seen = options.seen ? `; seen: ${await options.seen()}` : '';
      throw new Error(`waited ${timeoutMs} ms for ${what}${seen}`);
    }
    await sleep(50);
  }
}

/** Does something again from the start until it succeeds; otherwise fails with what stood in the way last. */
export async function untilDone<T>(what: string, action: () => Promise<T>): Promise<T> {
  let obstacle: unknown;
  const attempt = async () => {
    try {
      return { done: await action() };
    } catch (error) {
      obstacle = error;
      return undefined;
    }
  };
  return (await until(what, attempt, { seen: () => Promise.resolve(String(obstacle)) })).done;
}

/** Text as a person reads it: VS Code pads with no-break spaces. */
export const readable = (text: string | null | undefined): string =>
  (text ?? '').replaceAll('\u00a0', ' ').trim();

/** Does the text match: a whole string, or a pattern. */
export const matches = (text: string, wanted: string | RegExp): boolean =>
  typeof wanted === 'string' ? text === wanted : wanted.test(text);

/** The pattern that matches this text and nothing else. */
export const exactly = (text: string): RegExp =>
  new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
